'use strict';

/**
 * The watchdog: a loop of the main thread that doesn't turn fires `node:loop-blocked`, from a thread that looks on.
 */

const path = require('node:path');

/** How long the thread may take to let go of the debugger, in ms. */
const DISCONNECT = 100;

/**
 * @param {{ after?: number }} [options] after how many ms without a turn the loop is called blocked
 * @returns {{ stop(): void }}
 */
function watchdog({ after = 500 } = {}) {
    if (!Number.isFinite(after) || after < 10) {
        throw new RangeError('after must be a number of ms, at least 10');
    }
    // Not with the package: a startup snapshot can't hold it.
    const { Worker, isMainThread } = require('node:worker_threads');
    if (!isMainThread) {
        throw new Error('the watchdog watches the main thread, and is started there');
    }
    const shared = new SharedArrayBuffer(8);
    const turns = new Int32Array(shared);
    // Often enough that the thread, which looks four times in this time, sees a turn each time.
    const timer = setInterval(() => {
        turns[0] += 1;
    }, Math.max(1, after / 8)).unref();
    const worker = new Worker(path.join(__dirname, 'watchdog-thread.js'), {
        workerData: { after, shared },
        execArgv: [],
        // It needs nothing of the program's, and a large heap least of all.
        resourceLimits: { maxOldGenerationSizeMb: 32 },
    });
    worker.unref();
    // A watchdog that fails must not end the program.
    worker.on('error', () => clearInterval(timer));
    const stop = () => {
        clearInterval(timer);
        process.off('exit', stop);
        worker.postMessage('disconnect');
        Atomics.wait(turns, 1, 0, DISCONNECT);
        worker.terminate();
    };
    // Otherwise Node says on the standard error that it waits for the debugger.
    process.on('exit', stop);
    const handle = { stop };
    if (Symbol.dispose) {
        handle[Symbol.dispose] = stop;
    }
    return handle;
}

module.exports = { watchdog };
