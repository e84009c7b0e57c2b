'use strict';

/** What the probes of look-ups say, and that a program sees no difference. */

const assert = require('node:assert');
const dns = require('node:dns');
const { test } = require('node:test');
const { promisify } = require('node:util');

const { watching } = require('./support/preloaded.js');

const PROBES = ['dns-lookup-start', 'dns-lookup-done'];
const original = dns.lookup;

/** Resolves with what the callback of a look-up gets. */
const lookup = (...args) => new Promise((resolve) => dns.lookup(...args, (...values) => resolve(values)));

test('a lookup with a callback', async () => {
    let values;
    const [starts, dones] = await watching(PROBES, async () => {
        values = await lookup('127.0.0.1', { family: 4 });
    });
    assert.deepStrictEqual(values, [null, '127.0.0.1', 4]);
    const { id } = starts[0];
    assert.deepStrictEqual(starts, [{ id, hostname: '127.0.0.1', call: 'lookup' }]);
    assert.deepStrictEqual(dones, [{ id, hostname: '127.0.0.1', call: 'lookup', address: '127.0.0.1', error: '' }]);
});

test('a promise, a list of addresses, and a failure', async () => {
    const results = [];
    const [, dones] = await watching(PROBES, async () => {
        results.push(await dns.promises.lookup('::1', { all: true }));
        results.push(await promisify(dns.lookup)('127.0.0.1'));
        results.push((await dns.promises.lookup('no such name.invalid').catch((error) => error)).name);
        assert.throws(() => dns.lookup('127.0.0.1', 7, 'no function'), { code: /ERR_INVALID/ });
    });
    assert.deepStrictEqual(results, [[{ address: '::1', family: 6 }], { address: '127.0.0.1', family: 4 }, 'Error']);
    assert.deepStrictEqual(dones.map(({ address }) => address), ['::1', '127.0.0.1', '', '']);
    assert.deepStrictEqual(dones.map(({ error }) => error !== ''), [false, false, true, true]);
});

test('what stands in looks like the original, and goes', async () => {
    await watching(PROBES, () => {
        assert.notStrictEqual(dns.lookup, original);
        assert.deepStrictEqual([dns.lookup.name, dns.lookup.length], [original.name, original.length]);
    });
    assert.strictEqual(dns.lookup, original);
});
