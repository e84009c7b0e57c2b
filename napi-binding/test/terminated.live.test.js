'use strict';

/** Workers that are terminated in the middle of a firing, through the package, while bpftrace watches. */

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { PACKAGE, directory, start } = require('./support/program.js');
const { inImages, watch } = require('./support/watch.js');

const ROUNDS = 200;
/** What says when a worker fired: its first firing, one of those that don't end, the one of the main thread at the end. */
const [STARTED, ENDLESS, AFTER] = [1, 2, 3];

/** Defines the provider, and gives what fires both probes once. */
function use({ createDTraceProvider, defineProvider }) {
    const app = createDTraceProvider('app');
    const probe = app.addProbe('p', 'int', 'char *', 'json');
    app.enable();
    const orders = defineProvider('orders', {
        p: { when: 'u8', text: 'string', bytes: 'bytes', more: 'json', float: 'f64' },
    });
    const long = 'x'.repeat(2_000);
    return (when) => {
        probe.fire(() => [when, { toString: () => long }, { toJSON: () => ({ long }) }]);
        orders.p(when, long, Buffer.from(long), { long }, 12345678901234567890n);
    };
}

/** Two workers at a time come, and are terminated. */
async function terminate(tools, { ROUNDS, USE, PACKAGE, STARTED, ENDLESS, AFTER }) {
    const { Worker } = require('node:worker_threads');
    const fire = eval(USE)(tools);
    tools.step();
    const code = `
        const { parentPort } = require('node:worker_threads');
        const fire = ${USE}(require(${JSON.stringify(PACKAGE)}));
        fire(${STARTED});
        parentPort.postMessage(null);
        for (;;) fire(${ENDLESS});`;
    const round = async (i) => {
        const worker = new Worker(code, { eval: true });
        const exited = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
        await new Promise((resolve) => worker.once('message', resolve));
        await new Promise((resolve) => setTimeout(resolve, i % 4));
        await worker.terminate();
        return exited;
    };
    const codes = new Set();
    for (let i = 0; i < ROUNDS; i += 2) {
        (await Promise.all([round(i), round(i + 1)])).forEach((code) => codes.add(code));
    }
    fire(AFTER);
    return [...codes];
}

test(`${ROUNDS} workers are terminated while they fire`, async () => {
    const images = directory();
    const data = { ROUNDS, USE: `(${use})`, PACKAGE, STARTED, ENDLESS, AFTER };
    const { maps, driven } = await watch(() => start(terminate, { images, data }), () => ({
        // Whatever fires has all of its values: the ends of the texts say so.
        [inImages(images, 'app', 'p')]: '@app[arg0, str(arg1 + 1997), str(arg2 + 2007)] = count();',
        [inImages(images, 'orders', 'p')]: '@orders[arg0, str(arg1 + 1997), arg3, str(arg4 + 2007)] = count();',
    }));
    // 1 is what Node says of a worker that was terminated.
    assert.deepEqual(driven, [1]);
    const expected = (rest) => ({
        [`${STARTED},${rest}`]: ROUNDS,
        [`${ENDLESS},${rest}`]: 'many',
        [`${AFTER},${rest}`]: 1,
    });
    const found = (map) => Object.fromEntries(Object.entries(map).map(([key, count]) =>
        [key, key.startsWith(ENDLESS) && count > ROUNDS ? 'many' : count]));
    assert.deepEqual(found(maps['@app']), expected('xxx,xx"}'));
    assert.deepEqual(found(maps['@orders']), expected('xxx,2000,xx"}'));
});
