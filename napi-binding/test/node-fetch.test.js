'use strict';

/** Requests of `fetch`. */

const assert = require('node:assert');
const { once } = require('node:events');
const http = require('node:http');
const { test } = require('node:test');

const { watching } = require('./support/preloaded.js');

test('a request that is answered, and one that is not', async () => {
    const server = http.createServer((request, response) => {
        response.writeHead(203, { connection: 'close' });
        response.end('done');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const origin = `http://127.0.0.1:${server.address().port}`;
    const [starts, responses, dones] = await watching(['fetch-start', 'fetch-response', 'fetch-done'], async () => {
        const response = await fetch(`${origin}/path?query`);
        assert.strictEqual(await response.text(), 'done');
        server.close();
        await once(server, 'close');
        await assert.rejects(fetch(`${origin}/nobody`, { method: 'POST' }));
    });
    assert.deepStrictEqual(starts.map(({ method, origin, path }) => [method, origin, path]), [
        ['GET', origin, '/path?query'], ['POST', origin, '/nobody'],
    ]);
    const [answered, refused] = starts.map(({ id }) => id);
    assert.deepStrictEqual(responses, [{ id: answered, status: 203 }]);
    assert.deepStrictEqual(dones, [{ id: answered, error: '' }, { id: refused, error: 'ECONNREFUSED' }]);
});
