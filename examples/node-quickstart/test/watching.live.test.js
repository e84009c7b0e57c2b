'use strict';

// The README's two terminals: the line that the server prints is typed as it stands.

const test = require('node:test');
const assert = require('node:assert/strict');

const { observe } = require('../../../napi-binding/test/support/bpftrace');
const { start } = require('./support');

test('the line that the server prints shows its requests', async (t) => {
    const { url, script } = await start(t);
    const programs = Object.fromEntries(script.split('\n').map((line) => {
        const [, probe, action] = /^(usdt:\S+) \{ (.*) \}$/.exec(line);
        return [probe, action];
    }));
    const { lines } = await observe(programs, async () => {
        await (await fetch(url)).text();
        await (await fetch(`${url}/cup`)).text();
    });
    assert.deepEqual(lines, [
        '1 /orders/tea',
        '1 200 {"item":"tea","quantity":3}',
        '2 /orders/tea/cup',
        '2 404 {"error":"nothing at /orders/tea/cup"}',
    ]);
});
