'use strict';

// Code that V8 has compiled for a probe that nobody watches must see a tracer that comes later: the semaphore changes
// without JavaScript having written it, in the middle of a loop that calls nothing but the probe.

const assert = require('node:assert');
const test = require('node:test');
const { setFlagsFromString } = require('node:v8');
const { Worker } = require('node:worker_threads');

const { createDTraceProvider, defineProvider, fake, unique } = require('./support/with-fake.js');

setFlagsFromString('--allow-natives-syntax');
const statusOf = new Function('f', 'return %GetOptimizationStatus(f);');
/** The bit that says that the frame of the function, which is running, is TurboFan's. */
const RUNS_OPTIMISED = 1 << 11;

const SHORT = 20_000;
const LONG = 200_000_000;

/** The loop that fires, and whether its machine code was still in use when the firing had reached the native part. */
let running;
let outlived;

/** A fake image whose semaphores two threads share, as a tracer and the process share the real ones. */
function shared(provider, probes) {
    const semaphores = new Uint16Array(new SharedArrayBuffer(2));
    const firings = [[]];
    fake.images.push({ provider, probes, semaphores, firings });
    const fire = (...values) => {
        outlived = (statusOf(running) & RUNS_OPTIMISED) !== 0;
        firings[0].push(values);
        semaphores[0] = 0;
    };
    return { semaphores, fire: [fire], status: { kind: 'visible', path: '/x' }, leftOut: [[]] };
}

/**
 * Runs `loop(next)`, which fires the probe with the numbers below what `next` says until that is 0: short rounds until V8
 * has compiled it, then long ones, during which another thread raises the semaphore.
 */
async function watchedMeanwhile(name, loop) {
    const { semaphores, firings } = fake.images.find(({ provider }) => provider === name);
    const start = new Int32Array(new SharedArrayBuffer(4));
    const tracer = new Worker(
        `const { semaphores, start } = require('node:worker_threads').workerData;
         Atomics.wait(start, 0, 0);
         Atomics.wait(start, 0, 1, 20);
         semaphores[0] = 1;`,
        { eval: true, workerData: { semaphores, start } },
    );
    await new Promise((resolve) => tracer.once('online', resolve));
    let rounds = 0;
    let compiled = false;
    running = loop;
    loop(() => {
        rounds += 1;
        if (firings[0].length > 0 || rounds > 20_000) {
            return 0;
        }
        if (compiled) {
            rounds += 1_000; // 20 long rounds: on a busy machine the tracer may be late
            return LONG;
        }
        compiled = (statusOf(loop) & RUNS_OPTIMISED) !== 0;
        if (compiled) {
            Atomics.store(start, 0, 1);
            Atomics.notify(start, 0);
        }
        return compiled ? LONG : SHORT;
    });
    await new Promise((resolve) => tracer.once('exit', resolve));
    assert.ok(compiled, 'V8 has not compiled the loop');
    assert.strictEqual(firings[0].length, 1, 'the loop did not see the tracer');
    assert.ok(firings[0][0][0] > SHORT, 'the tracer came before the loop began');
}

test('a probe as a function', async () => {
    const name = unique();
    fake.instead = shared;
    const orders = defineProvider(name, { requestStart: { id: 'u64', path: 'string' } });
    await watchedMeanwhile(name, function loop(next) {
        for (let n = next(); n > 0; n = next()) {
            for (let i = 0; i < n; i += 1) {
                orders.requestStart(i, '/');
            }
        }
    });
    assert.ok(outlived, 'the first firing throws away the machine code of the loop');
});

test('a probe of a DTraceProvider', async () => {
    const name = unique();
    const provider = createDTraceProvider(name);
    const probe = provider.addProbe('p', 'int');
    fake.instead = shared;
    provider.enable();
    const callback = (i) => [i];
    await watchedMeanwhile(name, function loop(next) {
        for (let n = next(); n > 0; n = next()) {
            for (let i = 0; i < n; i += 1) {
                probe.fire(callback, i);
            }
        }
    });
});
