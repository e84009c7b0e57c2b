'use strict';

// The watchdog without a tracer: what it refuses, and that it neither keeps a program alive nor stops it.

const assert = require('node:assert');
const { execFileSync, spawnSync } = require('node:child_process');
const path = require('node:path');
const test = require('node:test');
const { Worker } = require('node:worker_threads');

const { watchdog } = require('..');

const ENTRY = path.join(__dirname, '../watchdog.js');

function run(flags, program, env = {}) {
    const options = { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 20_000 };
    return execFileSync(process.execPath, [...flags, '-e', program], options);
}

test('what it refuses', () => {
    for (const after of [0, -1, 9, NaN, Infinity, '500', null]) {
        assert.throws(() => watchdog({ after }), RangeError);
    }
});

test('it can be stopped', () => {
    watchdog({ after: 20 }).stop();
});

test('it keeps no program alive', () => {
    assert.strictEqual(run(['--require', ENTRY], 'console.log(1)'), '1\n');
});

test('a program that exits says nothing about a debugger', () => {
    const program = 'setTimeout(() => process.exit(3), 500)';
    const { status, stderr } = spawnSync(process.execPath, ['--require', ENTRY, '-e', program], { encoding: 'utf8' });
    assert.deepStrictEqual({ status, stderr }, { status: 3, stderr: '' });
});

test('nothing pauses a program that nobody watches', () => {
    const program = `setTimeout(() => {
        const end = Date.now() + 300;
        while (Date.now() < end) { debugger; }
        console.log('done');
    }, 300)`;
    assert.strictEqual(run(['--require', ENTRY], program, { USDT_PROBES_WATCHDOG_MS: '20' }), 'done\n');
});

test('a program that uses the inspector itself', () => {
    const program = `const session = new (require('node:inspector').Session)();
    session.connect();
    session.post('Runtime.evaluate', { expression: '6 * 7' }, (error, { result }) => console.log(result.value));`;
    assert.strictEqual(run(['--require', ENTRY], program), '42\n');
});

test('a worker of the program has none', async () => {
    const worker = new Worker(`require(${JSON.stringify(ENTRY)});`, { eval: true });
    const code = await new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
    assert.strictEqual(code, 0);
});
