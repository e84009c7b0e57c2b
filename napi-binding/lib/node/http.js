'use strict';

/** Requests of HTTP, those that are served and those that are made. */

const { listen } = require('./channels.js');
const { idOf } = require('./ids.js');
const { SOCKET, buffered, describe } = require('./socket.js');

const REQUEST = { id: 'u64', ...SOCKET, method: 'string', url: 'string', forwardedFor: 'string', buffered: 'u32' };
const RESPONSE = { id: 'u64', ...SOCKET, status: 'u16', buffered: 'u32' };

const probes = {
    httpServerRequest: {
        doc: 'A request has arrived, its headers are read. The id is that of http-server-response.',
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
            idOf(request), ...describe(socket), request.method, request.url,
            request.headers['x-forwarded-for'] ?? '', buffered(socket),
        ]),
        'http.server.response.finish': ({ request, response, socket }) => httpServerResponse.fire(() => [
            idOf(request), ...describe(socket), response.statusCode, buffered(socket),
        ]),
    }),
};

/** @type {import('./watched.js').Part} */
const client = {
    of: ['httpClientRequest', 'httpClientResponse'],
    start: ({ httpClientRequest, httpClientResponse }) => listen({
        'http.client.request.start': ({ request }) => httpClientRequest.fire(() => [
            idOf(request), ...peer(request), request.method, request.path,
            request.getHeader('x-forwarded-for') ?? '', buffered(request.socket),
        ]),
        'http.client.response.finish': ({ request, response }) => httpClientResponse.fire(() => [
            idOf(request), ...describe(response.socket), response.statusCode, buffered(response.socket),
        ]),
    }),
};

/** Whom a request goes to: it may have no socket yet, or one that isn't connected. */
function peer({ socket, host }) {
    const [fd, address, port] = describe(socket);
    return address === '' ? [fd, host ?? '', port] : [fd, address, port];
}

module.exports = { probes, parts: [server, client] };
