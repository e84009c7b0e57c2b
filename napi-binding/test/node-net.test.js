'use strict';

/** What the probes of connections say. */

const assert = require('node:assert');
const { once } = require('node:events');
const net = require('node:net');
const { test } = require('node:test');

const { watching } = require('./support/preloaded.js');

test('a connection, and its two ends', async () => {
    let port;
    const [connections, ends] = await watching(['net-server-connection', 'net-stream-end'], async () => {
        const server = net.createServer((socket) => socket.end(socket.resume() && 'bye'));
        await once(server.listen(0, '127.0.0.1'), 'listening');
        const client = net.connect(server.address().port, '127.0.0.1');
        await once(client, 'connect');
        port = client.localPort;
        client.end('hello');
        await once(client.resume(), 'close');
        server.close();
        await once(server, 'close');
    });
    assert.strictEqual(connections.length, 1);
    const { id, fd, ...rest } = connections[0];
    assert.deepStrictEqual(rest, { remoteAddress: '127.0.0.1', remotePort: port, buffered: 0 });
    assert.ok(fd > 2);
    assert.strictEqual(ends.length, 2);
    assert.ok(ends.some((end) => end.id === id));
});

test('nothing stands in the way while nobody watches', () => {
    assert.strictEqual(Object.hasOwn(net.Socket.prototype, 'emit'), false);
});
