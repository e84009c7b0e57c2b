'use strict';

/** What the probes of connections say of a socket. */

/** The other side, as Node's DTrace provider had it. */
const PEER = { remoteAddress: 'string', remotePort: 'u16' };

/**
 * The values for {@link PEER}: a local socket has neither address nor port.
 * @param {import('node:net').Socket | null | undefined} socket
 */
function peerOf(socket) {
    return [socket?.remoteAddress ?? '', socket?.remotePort ?? 0];
}

/**
 * The descriptor, -1 if there is none.
 * @param {import('node:net').Socket | null | undefined} socket
 */
function descriptorOf(socket) {
    return socket?._handle?.fd ?? -1;
}

/**
 * How many bytes wait to be sent.
 * @param {import('node:net').Socket | null | undefined} socket
 */
function buffered(socket) {
    return socket?.bufferSize ?? socket?.writableLength ?? 0;
}

module.exports = { PEER, buffered, descriptorOf, peerOf };
