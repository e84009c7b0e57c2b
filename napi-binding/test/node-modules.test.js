'use strict';

/** Modules that are loaded. */

const assert = require('node:assert');
const { test } = require('node:test');

const { watching } = require('./support/preloaded.js');

const PROBES = ['module-load-start', 'module-load-done'];

test('require', async () => {
    const [starts, dones] = await watching(PROBES, () => {
        require('./support/bundle.js');
        assert.throws(() => require('./no-such-module.js'), { code: 'MODULE_NOT_FOUND' });
    });
    const mine = starts.filter(({ parent }) => parent === __filename);
    assert.deepStrictEqual(mine.map(({ request, how }) => [request, how]), [
        ['./support/bundle.js', 'require'], ['./no-such-module.js', 'require'],
    ]);
    const ends = mine.map(({ id }) => dones.find((done) => done.id === id));
    assert.deepStrictEqual(ends.map(({ request, error }) => [request, error]), [
        ['./support/bundle.js', ''], ['./no-such-module.js', 'MODULE_NOT_FOUND'],
    ]);
});

const [major, minor] = process.versions.node.split('.').map(Number);

test('import()', { skip: major < 22 || (major === 22 && minor < 4) ? 'this Node announces none' : false }, async () => {
    const [starts, dones] = await watching(PROBES, async () => {
        await import('../index.mjs');
        await assert.rejects(import('./no-such-module.mjs'));
    });
    const mine = starts.filter(({ how }) => how === 'import');
    assert.deepStrictEqual(mine.map(({ request }) => request), ['../index.mjs', './no-such-module.mjs']);
    const ends = mine.map(({ id }) => dones.find((done) => done.id === id));
    assert.deepStrictEqual(ends.map(({ error }) => error), ['', 'ERR_MODULE_NOT_FOUND']);
});
