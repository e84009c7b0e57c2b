'use strict';

/** What the probes of HTTP say, and that nothing is listened to while nobody watches. */

const assert = require('node:assert');
const { once } = require('node:events');
const http = require('node:http');
const { channel } = require('node:diagnostics_channel');
const { test } = require('node:test');

const { fired, watching } = require('./support/preloaded.js');

const SERVER = ['http-server-request', 'http-server-response'];
const CLIENT = ['http-client-request', 'http-client-response'];

/** A request to a server of our own, and the server's port. */
async function request(path, headers) {
    const server = http.createServer((request, response) => {
        response.statusCode = 418;
        response.end('tea');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address();
    const [response] = await once(http.request({ port, host: '127.0.0.1', path, headers, agent: false }).end(), 'response');
    await once(response.resume(), 'end');
    server.close();
    await once(server, 'close');
    return port;
}

test('a request that is served', async () => {
    const [requests, responses] = await watching(SERVER, () => request('/tea?cup=1', { 'x-forwarded-for': '10.0.0.1' }));
    assert.strictEqual(requests.length, 1);
    const { id, connection, fd, remotePort, buffered, ...rest } = requests[0];
    assert.deepStrictEqual(rest, {
        remoteAddress: '127.0.0.1', method: 'GET', url: '/tea?cup=1', forwardedFor: '10.0.0.1',
    });
    assert.ok(connection !== id && fd > 2 && remotePort > 0 && buffered === 0, JSON.stringify(requests));
    assert.deepStrictEqual(responses.map(({ id, status, remotePort }) => ({ id, status, remotePort })), [{ id, status: 418, remotePort }]);
});

test('a request that is made', async () => {
    let port;
    const [requests, responses] = await watching(CLIENT, async () => {
        port = await request('/made');
    });
    assert.deepStrictEqual(requests.map(({ method, url, remoteAddress }) => ({ method, url, remoteAddress })), [
        { method: 'GET', url: '/made', remoteAddress: '127.0.0.1' },
    ]);
    assert.deepStrictEqual(responses.map(({ id, status, remotePort }) => ({ id, status, remotePort })), [
        { id: requests[0].id, status: 418, remotePort: port },
    ]);
});

test('a request belongs to a connection', async () => {
    const [connections, requests] = await watching(['net-server-connection', ...SERVER], () => request('/'));
    assert.deepStrictEqual(requests.map(({ connection }) => connection), connections.map(({ id }) => id));
});

test('nobody watches', async () => {
    const count = () => [...SERVER, ...CLIENT].map((probe) => fired(probe).length);
    const before = count();
    assert.strictEqual(channel('http.server.request.start').hasSubscribers, false);
    assert.strictEqual(channel('http.client.request.start').hasSubscribers, false);
    await request('/unseen');
    assert.deepStrictEqual(count(), before);
});
