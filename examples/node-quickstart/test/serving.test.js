'use strict';

// What the server answers while nobody watches.

const test = require('node:test');
const assert = require('node:assert/strict');

const { start } = require('./support');

test('the server answers', async (t) => {
    const { url } = await start(t);
    assert.equal(await (await fetch(url)).text(), '{"item":"tea","quantity":3}\n');
    assert.equal((await fetch(`${url}/cup`)).status, 404);
});
