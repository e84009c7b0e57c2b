'use strict';

/** Rejections that nobody handles: they are seen, and they do what they always do. */

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { test } = require('node:test');

const PRELOADED = require.resolve('./support/preloaded.js');

/** What a program prints whose promise is rejected, and how it ends. */
function run(flags, before, watched = true) {
    const program = `
const { fake, watching, fired } = require(${JSON.stringify(PRELOADED)});
process.on('exit', () => console.log(JSON.stringify(fired('unhandled-rejection').map(({ name, message }) => [name, message]))));
${before}
const reject = () => { Promise.reject(new RangeError('too far')); return new Promise((resolve) => setTimeout(resolve, 50)); };
${watched ? "watching(['unhandled-rejection'], reject)" : 'reject()'}.then(() => console.log('survived'));`;
    const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, '-e', program], { encoding: 'utf8' });
    return { stdout: stdout.trim().split('\n'), stderr, status };
}

test('the program ends as it would', () => {
    const { stdout, stderr, status } = run([], '');
    assert.deepStrictEqual(stdout, ['[["RangeError","too far"]]']);
    assert.match(stderr, /RangeError: too far/);
    assert.strictEqual(status, run([], '', false).status);
});

test('with a handler of the program', () => {
    const { stdout, stderr, status } = run([], "process.on('unhandledRejection', () => console.log('mine'))");
    assert.deepStrictEqual(stdout, ['mine', 'survived', '[["RangeError","too far"]]']);
    assert.deepStrictEqual([stderr, status], ['', 0]);
});

test('--unhandled-rejections=warn', () => {
    const { stdout, stderr, status } = run(['--unhandled-rejections=warn'], '');
    assert.deepStrictEqual(stdout, ['survived', '[["RangeError","too far"]]']);
    assert.match(stderr, /UnhandledPromiseRejectionWarning/);
    assert.strictEqual(status, 0);
});
