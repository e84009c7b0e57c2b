'use strict';

/**
 * The watchdog: a loop of the main thread that doesn't turn fires `node:loop-blocked`, from a thread that looks on.
 */

const path = require('node:path');

const native = require('./native.js');
const { share } = require('./watchdog-shared.js');

/** How long the thread may take to let go of the debugger, in ms. */
const DISCONNECT = 1_000;
/** The thread looks at least this often, in ms: so long may somebody who attaches late wait for the first firing. */
const LONGEST_PERIOD = 250;

/** Why the main thread can't be asked where it is, or null. */
function inspectorProblem() {
    try {
        const { Session } = require('node:inspector');
        return 'connectToMainThread' in Session.prototype ? null : 'the inspector connects no threads';
    } catch (error) {
        return error.message; // Node was built without
    }
}

/** @returns {import('../index.js').WatchdogStatus} */
function statusOf(problem) {
    const loadError = native.loadError();
    if (loadError !== null) {
        return { kind: 'unavailable', reason: loadError.message };
    }
    return problem === null ? { kind: 'stack' } : { kind: 'stackless', reason: problem };
}

/**
 * @param {{ after?: number }} [options] after how many ms without a turn the loop is called blocked
 * @returns {import('../index.js').Watchdog}
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
    const { shared, turns, asking, stopped } = share();
    // Often enough that the thread, which looks half as often, sees a turn each time.
    const period = Math.min(after / 4, LONGEST_PERIOD);
    const timer = setInterval(() => {
        turns[0] += 1;
    }, Math.max(1, period / 2)).unref();
    const problem = inspectorProblem();
    let status = statusOf(problem);
    const worker = new Worker(path.join(__dirname, 'watchdog-thread.js'), {
        workerData: { after, period, hasInspector: problem === null, shared },
        execArgv: [],
        // It needs nothing of the program's, and a large heap least of all.
        resourceLimits: { maxOldGenerationSizeMb: 32 },
    });
    worker.unref();
    // A watchdog that fails must not end the program.
    worker.on('error', ({ message }) => {
        clearInterval(timer);
        status = { kind: 'unavailable', reason: message };
    });
    const stop = () => {
        clearInterval(timer);
        process.off('exit', stop);
        Atomics.store(stopped, 0, 1);
        worker.postMessage('let go');
        Atomics.wait(asking, 0, 1, DISCONNECT);
        worker.terminate();
        status = { kind: 'unavailable', reason: 'it was stopped' };
    };
    // Otherwise Node says on the standard error that it waits for the debugger.
    process.on('exit', stop);
    const handle = {
        get status() {
            return status;
        },
        stop,
    };
    if (Symbol.dispose) {
        handle[Symbol.dispose] = stop;
    }
    return handle;
}

module.exports = { watchdog };
