'use strict';

/** What the probes of connections say of a socket. */

/** Their arguments, in the order in which Node's DTrace provider had them. */
const SOCKET = { fd: 'i32', remoteAddress: 'string', remotePort: 'u16' };

/**
 * The values for {@link SOCKET}: no descriptor is -1, and a local socket has neither address nor port.
 * @param {import('node:net').Socket | null | undefined} socket
 */
function describe(socket) {
    return [socket?._handle?.fd ?? -1, socket?.remoteAddress ?? '', socket?.remotePort ?? 0];
}

/**
 * How many bytes wait to be sent.
 * @param {import('node:net').Socket | null | undefined} socket
 */
function buffered(socket) {
    return socket?.bufferSize ?? socket?.writableLength ?? 0;
}

module.exports = { SOCKET, buffered, describe };
