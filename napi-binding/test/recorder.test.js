'use strict';

// The recorder without anybody who reads it: its options, its entry, and what it says where there is none.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { FAKE, install } = require('./support/installed.js');
const { fake, recorder } = require('./support/with-fake.js');

const WITH_FAKE = { USDT_PROBES_NATIVE: FAKE };

/** Prints what came of loading the entry, and what the native part was asked for. */
const REPORT = `
const { status } = require('usdt-probes/recorder');
console.log(JSON.stringify({ status, recording: require(${JSON.stringify(FAKE)}).recording }));`;

test('the options reach the native part', (t) => {
    t.after(() => recorder.stop());
    for (const [given, asked] of [
        [undefined, { firingSize: 256 }],
        [{}, { firingSize: 256 }],
        [{ firings: 1, text: 0 }, { firings: 1, text: 0, firingSize: 256 }],
        // One such text has room.
        [{ text: 1000 }, { text: 1000, firingSize: 1192 }],
        [{ text: 1000, firingSize: 64 }, { text: 1000, firingSize: 64 }],
        [{ providers: ['orders', 'cache_*'] }, { providers: ['orders', 'cache_*'], firingSize: 256 }],
    ]) {
        assert.deepStrictEqual(recorder.start(given), { kind: 'started' });
        assert.deepEqual(fake.recording, { firings: undefined, text: undefined, providers: undefined, ...asked });
        assert.strictEqual(recorder.isRunning(), true);
        recorder.stop();
        assert.strictEqual(recorder.isRunning(), false);
    }
});

test('one that runs goes on as it was started', (t) => {
    t.after(() => recorder.stop());
    recorder.start({ firings: 7 });
    assert.deepStrictEqual(recorder.start({ firings: 8 }), { kind: 'running' });
    assert.strictEqual(fake.recording.firings, 7);
});

test('an option that is wrong is named', () => {
    for (const [name, values] of Object.entries({
        firings: [0, -1, 1.5, NaN, Infinity, '8', 8n, null, 2 ** 53],
        text: [-1, 0.5, '8', null],
        firingSize: [0, -8, '256', {}],
        providers: ['orders', [7], [''], [['orders']], null, { length: 0 }],
        firing: [1],
    })) {
        for (const value of values) {
            const error = { name: 'TypeError', message: new RegExp(`option '${name}'`) };
            assert.throws(() => recorder.start({ [name]: value }), error);
        }
    }
    for (const options of [null, 7, 'firings']) {
        assert.throws(() => recorder.start(options), { name: 'TypeError', message: /options of the recorder/ });
    }
    assert.strictEqual(recorder.isRunning(), false);
});

test('the entry starts it, with what the environment says', (t) => {
    const installed = install(t);
    const report = (env) => JSON.parse(installed.output(['-e', REPORT], { ...WITH_FAKE, ...env }));
    const started = { kind: 'started' };
    assert.deepStrictEqual(report({}), { status: started, recording: { firingSize: 256 } });
    assert.deepStrictEqual(
        report({
            USDT_PROBES_RECORDER_FIRINGS: '100',
            USDT_PROBES_RECORDER_TEXT: '200',
            USDT_PROBES_RECORDER_PROVIDERS: 'orders, node',
        }),
        { status: started, recording: { firings: 100, text: 200, providers: ['orders', 'node'], firingSize: 392 } },
    );
    assert.deepStrictEqual(report({ USDT_PROBES_RECORDER_FIRINGS: '' }).recording, { firingSize: 256 });
});

test('the entry before the program, required and imported', (t) => {
    const installed = install(t);
    const isRunning = "import { recorder } from 'usdt-probes'; console.log(recorder.isRunning());";
    const main = installed.write('main.mjs', isRunning);
    assert.strictEqual(installed.output(['--require', 'usdt-probes/recorder', main], WITH_FAKE), 'true\n');
    const itself = installed.write('itself.mjs', `import { status } from 'usdt-probes/recorder'; console.log(status.kind);`);
    assert.strictEqual(installed.output([itself], WITH_FAKE), 'started\n');
    if (process.allowedNodeEnvironmentFlags.has('--import')) {
        assert.strictEqual(installed.output(['--import', 'usdt-probes/recorder', main], WITH_FAKE), 'true\n');
    }
});

test('the entry of a package that is called dtrace-provider', (t) => {
    const installed = install(t);
    fs.renameSync(installed.home, path.join(installed.home, '../dtrace-provider'));
    const isRunning = "console.log(require('dtrace-provider').recorder.isRunning());";
    const output = installed.output(['--require', 'dtrace-provider/recorder', '-e', isRunning], WITH_FAKE);
    assert.strictEqual(output, 'true\n');
});

test('the entry says what is wrong in the environment, and the program runs', (t) => {
    const installed = install(t);
    for (const [variable, value, option] of [
        ['FIRINGS', 'many', 'firings'],
        ['TEXT', '-1', 'text'],
        ['PROVIDERS', 'orders,,node', 'providers'],
    ]) {
        const env = { ...WITH_FAKE, [`USDT_PROBES_RECORDER_${variable}`]: value };
        const { status, stdout, stderr } = installed.run(['-e', REPORT], env);
        assert.strictEqual(status, 0);
        assert.match(stderr, new RegExp(`Warning: usdt-probes: nothing is recorded: .*option '${option}'`));
        assert.match(stdout, /"kind":"unavailable".*"recording":null/);
    }
});

test('where there is no native part it says so, and the entry is silent', (t) => {
    const installed = install(t);
    const report = `
        const { loadError, recorder } = require('usdt-probes');
        const { kind, reason } = recorder.start();
        recorder.stop();
        console.log(kind, reason === loadError.message, recorder.isRunning());`;
    assert.strictEqual(installed.output(['--require', 'usdt-probes/recorder', '-e', report]), 'unavailable true false\n');
});

test('a native part of before has none', (t) => {
    const installed = install(t);
    const before = installed.write('before.js', "exports.backend = 'linux'; exports.open = () => {};");
    const report = "const { recorder } = require('usdt-probes'); console.log(recorder.start().reason, recorder.isRunning());";
    const output = installed.output(['-e', report], { USDT_PROBES_NATIVE: before });
    assert.strictEqual(output, 'the native part has no recorder false\n');
});

test('where the system has none the entry is silent, too', (t) => {
    const installed = install(t);
    const native = installed.write('native.js', `
        exports.backend = 'dtrace';
        exports.open = () => {};
        exports.recorder = { start: () => ({ kind: 'unavailable', reason: 'no recorder here' }), isRunning: () => false };`);
    const report = "console.log(require('usdt-probes/recorder').status.reason);";
    assert.strictEqual(installed.output(['-e', report], { USDT_PROBES_NATIVE: native }), 'no recorder here\n');
});
