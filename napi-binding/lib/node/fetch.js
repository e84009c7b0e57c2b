'use strict';

/** Requests of `fetch` and of the npm package undici, which announce themselves alike. */

const { listen } = require('./channels.js');
const { nameOf } = require('./failure.js');
const { idOf } = require('./ids.js');

const probes = {
    fetchStart: {
        doc: 'A request is made. The id is that of fetch-response and fetch-done.',
        args: { id: 'u64', method: 'string', origin: 'string', path: 'string' },
    },
    fetchResponse: { doc: 'The headers of its response have arrived.', args: { id: 'u64', status: 'u16' } },
    fetchDone: {
        doc: 'The response has arrived, whole; or the request has failed, and `error` says how.',
        args: { id: 'u64', error: 'string' },
    },
};

/** @type {import('./watched.js').Part} */
const requests = {
    of: ['fetchStart', 'fetchResponse', 'fetchDone'],
    start: ({ fetchStart, fetchResponse, fetchDone }) => listen({
        'undici:request:create': ({ request }) => fetchStart.fire(() => [
            idOf(request), request.method, request.origin, request.path,
        ]),
        'undici:request:headers': ({ request, response }) => fetchResponse.fire(() => [idOf(request), response.statusCode]),
        'undici:request:trailers': ({ request }) => fetchDone.fire(() => [idOf(request), '']),
        'undici:request:error': ({ request, error }) => fetchDone.fire(() => [idOf(request), nameOf(error)]),
    }),
};

module.exports = { probes, parts: [requests] };
