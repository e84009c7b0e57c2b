'use strict';

/** Many threads and processes that fire the same probes under one attach: not one firing is missed, or seen twice. */

const assert = require('node:assert/strict');
const { writeFileSync } = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { PACKAGE, Program, directory, source, start } = require('./support/program.js');
const { inImages, watch } = require('./support/watch.js');

const EACH = 20_000;
const THREADS = 4;

/** Defines the provider, and gives what fires its probes so many times. */
function use({ createDTraceProvider, defineProvider }) {
    const orders = defineProvider('orders', { tick: { thread: 'u8', n: 'u64' } });
    const app = createDTraceProvider('app');
    const probe = app.addProbe('tick', 'int', 'char *');
    app.enable();
    return (thread, count) => {
        for (let i = 1; i <= count; i += 1) {
            orders.tick(thread, i);
            probe.fire(() => [thread, 'text']);
        }
    };
}

/** Four workers that use the package as the main thread does; all fire at the same time. */
async function threads(tools, { THREADS, EACH, USE, PACKAGE }) {
    const { Worker } = require('node:worker_threads');
    const { step } = tools;
    const fire = eval(USE)(tools);
    const go = new Int32Array(new SharedArrayBuffer(4));
    const workers = Array.from({ length: THREADS }, (_, i) => new Worker(`
        const { parentPort, workerData: { go } } = require('node:worker_threads');
        const fire = ${USE}(require(${JSON.stringify(PACKAGE)}));
        parentPort.postMessage(null);
        Atomics.wait(go, 0, 0);
        fire(${i + 1}, ${EACH});
    `, { eval: true, workerData: { go } }));
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
    step();
    const ended = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    Atomics.store(go, 0, 1);
    Atomics.notify(go, 0);
    fire(0, EACH);
    return Promise.all(ended);
}

test('worker threads', async () => {
    const images = directory();
    const data = { THREADS, EACH, USE: `(${use})`, PACKAGE };
    const { maps, driven } = await watch(() => start(threads, { images, data }), () => ({
        [inImages(images, 'orders', 'tick')]: '@orders[arg0] = count(); @sum = sum(arg1);',
        [inImages(images, 'app', 'tick')]: '@app[arg0, str(arg1)] = count();',
    }));
    assert.deepEqual(driven, Array(THREADS).fill(0));
    const numbers = Array.from({ length: THREADS + 1 }, (_, i) => i);
    assert.deepEqual(maps['@orders'], Object.fromEntries(numbers.map((i) => [i, EACH])));
    assert.deepEqual(maps['@app'], Object.fromEntries(numbers.map((i) => [`${i},text`, EACH])));
    assert.equal(maps['@sum'], (THREADS + 1) * (EACH * (EACH + 1)) / 2);
});

/** Three workers of a cluster, and one that comes in the place of another after the attach. The primary has no probes. */
async function processes({ defineProvider, step }, EACH) {
    const cluster = require('node:cluster');
    const { once } = require('node:events');
    if (cluster.isWorker) {
        const orders = defineProvider('orders', { tick: { n: 'u64' } });
        process.once('message', () => {
            for (let i = 1; i <= EACH; i += 1) {
                orders.tick(i);
            }
            cluster.worker.disconnect();
        });
        process.send('ready');
        return new Promise(() => {});
    }
    const fork = async () => {
        const worker = cluster.fork();
        await once(worker, 'message');
        return worker;
    };
    const workers = [await fork(), await fork(), await fork()];
    step();
    const end = async (worker) => {
        worker.send('go');
        return (await once(worker, 'exit'))[0];
    };
    const codes = await Promise.all(workers.map(end));
    const another = await fork();
    codes.push(await end(another));
    return [...workers, another].map(({ process: { pid } }, i) => [pid, codes[i]]);
}

test('the workers of a cluster', async () => {
    const images = directory();
    const main = path.join(directory(), 'main.js');
    writeFileSync(main, source(processes, EACH));
    const { maps, driven } = await watch(() => new Program([main], { USDT_PROBES_DIR: images }), () => ({
        [inImages(images, 'orders', 'tick')]: '@count[pid] = count(); @sum[pid] = sum(arg0);',
    }));
    assert.deepEqual(driven.map(([, code]) => code), [0, 0, 0, 0]);
    const each = (value) => Object.fromEntries(driven.map(([pid]) => [pid, value]));
    assert.deepEqual(maps['@count'], each(EACH));
    assert.deepEqual(maps['@sum'], each(EACH * (EACH + 1) / 2));
});
