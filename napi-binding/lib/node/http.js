'use strict';

/** Requests of HTTP, those that are served and those that are made. */

const { listen } = require('./channels.js');
const { idOf } = require('./ids.js');
const { PEER, buffered, descriptorOf, peerOf } = require('./socket.js');

/** As Node's DTrace provider had them; numbers stand where that had structures, and what is new comes last. */
const REQUEST = {
    id: 'u64', connection: 'u64', ...PEER, method: 'string', url: 'string', fd: 'i32', forwardedFor: 'string', buffered: 'u32',
};
const RESPONSE = { id: 'u64', ...PEER, fd: 'i32', status: 'u16', buffered: 'u32' };

const probes = {
    httpServerRequest: {
        doc: 'A request has arrived, its headers are read. The id is that of http-server-response; connection is the id of '
            + 'net-server-connection.',
        args: REQUEST,
    },
    httpServerResponse: {
        doc: 'A response has been handed to the operating system, whole.',
        args: RESPONSE,
    },
    httpClientRequest: {
        doc: 'A request is complete. Before it has a connection, fd is -1 and the address is the name of the host.',
        args: REQUEST,
    },
    httpClientResponse: {
        doc: 'The headers of a response have arrived. The id is that of http-client-request.',
        args: RESPONSE,
    },
};

/** @type {import('./watched.js').Part} */
const server = {
    of: ['httpServerRequest', 'httpServerResponse'],
    start: ({ httpServerRequest, httpServerResponse }) => listen({
        'http.server.request.start': ({ request, socket }) => httpServerRequest.fire(() => [
            idOf(request), connectionOf(socket), ...peerOf(socket), request.method, request.url,
            descriptorOf(socket), request.headers['x-forwarded-for'] ?? '', buffered(socket),
        ]),
        'http.server.response.finish': ({ request, response, socket }) => httpServerResponse.fire(() => [
            idOf(request), ...peerOf(socket), descriptorOf(socket), response.statusCode, buffered(socket),
        ]),
    }),
};

/** @type {import('./watched.js').Part} */
const client = {
    of: ['httpClientRequest', 'httpClientResponse'],
    start: ({ httpClientRequest, httpClientResponse }) => listen({
        'http.client.request.start': ({ request }) => httpClientRequest.fire(() => [
            idOf(request), connectionOf(request.socket), ...hostOf(request), request.method, request.path,
            descriptorOf(request.socket), request.getHeader('x-forwarded-for') ?? '', buffered(request.socket),
        ]),
        'http.client.response.finish': ({ request, response: { socket, statusCode } }) => httpClientResponse.fire(() => [
            idOf(request), ...peerOf(socket), descriptorOf(socket), statusCode, buffered(socket),
        ]),
    }),
};

/** The id of the connection, which is that of net-server-connection; 0 if there is none yet. */
function connectionOf(socket) {
    return socket ? idOf(socket) : 0;
}

/** Whom a request goes to: it may have no socket yet, or one that isn't connected. */
function hostOf({ socket, host }) {
    const [address, port] = peerOf(socket);
    return [address === '' ? host ?? '' : address, port];
}

module.exports = { probes, parts: [server, client] };
