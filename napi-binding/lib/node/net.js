'use strict';

/** Connections of TCP and local sockets. */

const { Socket } = require('node:net');
const { listen } = require('./channels.js');
const { idOf } = require('./ids.js');
const { seeEvent } = require('./replace.js');
const { PEER, buffered, descriptorOf, peerOf } = require('./socket.js');

/** As Node's DTrace provider had them; a number stands where that had a structure, and what is new comes last. */
const ARGUMENTS = { id: 'u64', ...PEER, fd: 'i32', buffered: 'u32' };

const probes = {
    netServerConnection: { doc: 'A server has accepted a connection. The id is that of net-stream-end.', args: ARGUMENTS },
    netStreamEnd: { doc: 'The other side of a connection, accepted or made here, has sent all that it will.', args: ARGUMENTS },
};

/** The values for {@link ARGUMENTS}. */
function values(socket) {
    return [idOf(socket), ...peerOf(socket), descriptorOf(socket), buffered(socket)];
}

/** @type {import('./watched.js').Part} */
const connections = {
    of: ['netServerConnection'],
    start: ({ netServerConnection }) => listen({
        'net.server.socket': ({ socket }) => netServerConnection.fire(() => values(socket)),
    }),
};

/** @type {import('./watched.js').Part} */
const ends = {
    of: ['netStreamEnd'],
    start: ({ netStreamEnd }) => seeEvent(Socket.prototype, 'end', (socket) => netStreamEnd.fire(() => values(socket))),
};

module.exports = { probes, parts: [connections, ends] };
