'use strict';

/** The recorder of the real native part: when probes are watched, and by whom. What it keeps `usdt core` says, elsewhere. */

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { afterEach, test } = require('node:test');
const { Worker } = require('node:worker_threads');

const { native } = require('./support/native.js');
const { Program, PACKAGE, STEP, directory, start } = require('./support/program.js');
const { inImages, watch } = require('./support/watch.js');
const { createDTraceProvider, defineProvider, loadError, recorder } = require('..');

const entry = (name) => path.join(PACKAGE, `${name}.js`);
const STARTED = { kind: 'started' };

let count = 0;
const unique = () => `recorded${(count += 1)}`;

assert.equal(loadError, null);
afterEach(() => recorder.stop());

test('a probe is watched while it is recorded', () => {
    const before = defineProvider(unique(), { tick: { id: 'u64' } });
    const old = createDTraceProvider(unique());
    const probe = old.addProbe('p', 'int');
    old.enable();
    const fires = () => probe.fire(() => [1]) === true;
    assert.deepEqual([before.tick.enabled, fires()], [false, false]);
    assert.deepEqual(recorder.start(), STARTED);
    const after = defineProvider(unique(), { tick: { id: 'u64' } });
    assert.deepEqual([before.tick.enabled, after.tick.enabled, fires()], [true, true, true]);
    assert.deepEqual(recorder.start(), { kind: 'running' });
    recorder.stop();
    assert.deepEqual([before.tick.enabled, after.tick.enabled, fires()], [false, false, false]);
    assert.equal(recorder.isRunning(), false);
    assert.deepEqual(recorder.start(), STARTED);
    assert.deepEqual([before.tick.enabled, after.tick.enabled, fires()], [true, true, true]);
});

test('a provider that nobody chose is not watched', () => {
    const [chosen, other] = [unique(), unique()];
    const probes = [chosen, other].map((name) => defineProvider(name, { tick: {} }).tick);
    recorder.start({ providers: [chosen, 'cache_*'] });
    assert.deepEqual(probes.map(({ enabled }) => enabled), [true, false]);
    assert.equal(defineProvider('cache_of_tests', { hit: {} }).hit.enabled, true);
});

test('what can not be had is no error', () => {
    for (const firings of [2 ** 40, 2 ** 50, Number.MAX_SAFE_INTEGER]) {
        const { kind, reason } = recorder.start({ firings, firingSize: 32_768 });
        assert.equal(kind, 'unavailable');
        assert.match(reason, /memory/);
        assert.equal(recorder.isRunning(), false);
    }
    assert.deepEqual(recorder.start({ firings: 1, text: 0, firingSize: 1 }), STARTED);
});

test('there is one for all threads', async () => {
    recorder.start();
    const worker = new Worker(`
        const { status } = require(${JSON.stringify(entry('recorder'))});
        const { defineProvider, recorder } = require(${JSON.stringify(PACKAGE)});
        const { tick } = defineProvider('recorded_in_worker', { tick: {} });
        const seen = [status.kind, recorder.isRunning(), tick.enabled];
        recorder.stop();
        require('node:worker_threads').parentPort.postMessage([...seen, tick.enabled]);
    `, { eval: true });
    const [seen, code] = await new Promise((resolve, reject) => {
        let message;
        worker.on('error', reject).on('message', (value) => {
            message = value;
        }).on('exit', (code) => resolve([message, code]));
    });
    assert.deepEqual(seen, ['running', true, true, false]);
    assert.equal(code, 0);
    assert.equal(recorder.isRunning(), false);
});

test('started by a worker that ends, which alone has the native part', async () => {
    const program = new Program(['-e', `${STEP}
        const { Worker } = require('node:worker_threads');
        const worker = new Worker(\`
            const { status } = require(${JSON.stringify(entry('recorder'))});
            const { tick } = require(${JSON.stringify(PACKAGE)}).defineProvider('recorded_early', { tick: {} });
            tick();
            require('node:worker_threads').parentPort.postMessage([status.kind, tick.enabled]);
        \`, { eval: true });
        worker.on('message', tell).on('exit', () => {
            const { defineProvider, recorder } = require(${JSON.stringify(PACKAGE)});
            recorder.stop();
            const { tick } = defineProvider('recorded_late', { tick: {} });
            const told = [tick.enabled, recorder.start().kind, tick.enabled];
            for (let i = 0; i < 10_000; i += 1) tick();
            tell(told);
        });
    `], { USDT_PROBES_DIR: directory() });
    assert.deepEqual(await program.told(), ['started', true]);
    assert.deepEqual(await program.told(), [false, 'started', true]);
    await program.ended();
});

test('memory that is refused is told, and the program runs', () => {
    const env = { ...process.env, USDT_PROBES_RECORDER_FIRINGS: '1e15' };
    const args = ['--require', entry('recorder'), '-e', 'console.log("runs")'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    assert.deepEqual({ status, stdout }, { status: 0, stdout: 'runs\n' });
    assert.match(stderr, /Warning: usdt-probes: nothing is recorded: .*memory/);
});

test('what is no object of options the native part refuses', () => {
    const { recorder } = native;
    for (const args of [[], [null], [{ providers: 7 }], [{ providers: [7] }], [{ providers: { length: -1 } }]]) {
        assert.throws(() => recorder.start(...args));
        assert.equal(recorder.isRunning(), false);
    }
    assert.throws(() => recorder.start({ get firings() { throw new SyntaxError('theirs'); } }), SyntaxError);
    // Numbers that JavaScript has not checked are held within what there can be.
    for (const firings of [NaN, -1, 0.5, 'many', {}]) {
        assert.deepEqual(recorder.start({ firings }), STARTED);
        recorder.stop();
    }
});

/** Tells whether the probes of `node` fire, by what Node has: nobody listens to a channel unless one of them is watched. */
const LISTENS = `${STEP}
const { hasSubscribers } = require('node:diagnostics_channel');
const listens = () => hasSubscribers('http.server.request.start');
tell(listens());
setTimeout(() => {
    const { recorder } = require(${JSON.stringify(PACKAGE)});
    const during = [listens(), recorder.isRunning()];
    recorder.stop();
    setTimeout(() => tell([...during, listens()]), 500);
}, 500);`;

async function listens(entries, env = {}) {
    const flags = entries.flatMap((name) => ['--require', entry(name)]);
    const program = new Program([...flags, '-e', LISTENS], { USDT_PROBES_DIR: directory(), ...env });
    const told = [await program.told(), await program.told()];
    await program.ended();
    return told;
}

test("Node's own probes are recorded, whichever comes first", async () => {
    // The later one is seen by a timer.
    assert.deepEqual(await listens(['recorder', 'node']), [true, [true, true, false]]);
    assert.deepEqual(await listens(['node', 'recorder']), [false, [true, true, false]]);
});

test("Node's own probes are silent if they are not chosen", async () => {
    const env = { USDT_PROBES_RECORDER_PROVIDERS: 'orders' };
    assert.deepEqual(await listens(['recorder', 'node'], env), [false, [false, true, false]]);
});

/** Fires while both look, and while the tracer alone does. */
function bothLook({ defineProvider, recorder, step }) {
    const { tick } = defineProvider('recorded', { tick: { n: 'u64' } });
    recorder.start();
    step();
    for (let n = 0; n < 10; n += 1) tick(n);
    recorder.stop();
    for (let n = 10; n < 20; n += 1) tick(n);
    return tick.enabled;
}

test('a tracer sees what is recorded, and goes on when the recorder does not', async () => {
    const images = directory();
    const { lines, driven } = await watch(
        () => start(bothLook, { images }),
        () => ({ [inImages(images, 'recorded', 'tick')]: 'printf("%d\\n", arg0);' }),
    );
    assert.equal(driven, true);
    assert.deepEqual(lines.map(Number).sort((a, b) => a - b), Array.from({ length: 20 }, (_, n) => n));
});
