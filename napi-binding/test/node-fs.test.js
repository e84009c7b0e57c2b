'use strict';

/** Slow operations of the file system, and that programs see no difference meanwhile. */

process.env.USDT_PROBES_NODE_FS_SLOW_MS = '0'; // all are slow enough

const assert = require('node:assert');
const fs = require('node:fs');
const { test } = require('node:test');
const { promisify } = require('node:util');

const { watching } = require('./support/preloaded.js');

const NONE = '/no/such/file';

test('each way to call', async () => {
    const [firings] = await watching(['fs-slow'], async () => {
        fs.statSync(__filename);
        assert.throws(() => fs.readFileSync(NONE), { code: 'ENOENT', path: NONE });
        await new Promise((resolve) => fs.readFile(__filename, 'utf8', (error, text) => resolve(assert.ok(text))));
        await new Promise((resolve) => fs.exists(__filename, (exists) => resolve(assert.strictEqual(exists, true))));
        await assert.rejects(fs.promises.readdir(NONE), { code: 'ENOENT' });
        assert.ok((await promisify(fs.stat)(__filename)).isFile());
        const { bytesRead } = await promisify(fs.read)(fs.openSync(__filename), Buffer.alloc(3), 0, 3, 0);
        assert.strictEqual(bytesRead, 3);
        assert.throws(() => fs.stat(__filename), { code: /ERR_INVALID_(?:ARG_TYPE|CALLBACK)/ });
    });
    // Some call others, in some versions of Node: these are seen too.
    const others = ['access', 'open', 'fstatSync', 'closeSync'];
    const seen = firings.filter(({ call, path, error }) => [__filename, NONE].includes(path) && !others.includes(call)
        && !(call === 'openSync' && error !== ''));
    assert.deepStrictEqual(seen.map(({ call, error, blocking }) => [call, error, blocking]), [
        ['statSync', '', true],
        ['readFileSync', 'ENOENT', true],
        ['readFile', '', false],
        ['exists', '', false],
        ['readdir', 'ENOENT', false],
        ['stat', '', false],
        ['openSync', '', true],
        ['stat', 'ERR_INVALID_ARG_TYPE', false],
    ]);
    assert.ok(seen.every(({ duration }) => duration > 0 && duration < 60e9));
});

test('a limit', async () => {
    process.env.USDT_PROBES_NODE_FS_SLOW_MS = '60000';
    const [firings] = await watching(['fs-slow'], () => fs.statSync(__filename));
    assert.deepStrictEqual(firings, []);
});

test('what stands in looks like the originals, and goes', async () => {
    const functions = () => [fs, fs.promises].flatMap((object) => Object.values(object).filter((value) => typeof value === 'function'));
    const looks = () => functions().map((one) => [one.name, one.length, Object.keys(one).length, one[promisify.custom]]);
    const originals = functions();
    const before = looks();
    await watching(['fs-slow'], () => {
        assert.notStrictEqual(fs.readFile, originals[originals.indexOf(fs.readFile)]);
        assert.deepStrictEqual(looks(), before);
    });
    assert.deepStrictEqual(functions(), originals);
});

test('what a program has put around it meanwhile stays', async () => {
    const { statSync } = fs;
    await watching(['fs-slow'], () => {
        const inner = fs.statSync;
        fs.statSync = function mine(...args) {
            return inner(...args);
        };
    });
    assert.strictEqual(fs.statSync.name, 'mine');
    assert.ok(fs.statSync(__filename).isFile());
    fs.statSync = statSync;
});
