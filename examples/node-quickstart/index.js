'use strict';

// An HTTP server that tells a tracer what it does.

const http = require('node:http');
const { defineProvider } = require('usdt-probes');

const orders = defineProvider('orders', {
    requestStart: { id: 'u64', path: 'string' },
    requestDone: { id: 'u64', status: 'u16', reply: 'json' },
});

let lastId = 0;

const server = http.createServer((request, response) => {
    lastId += 1;
    const id = lastId;
    orders.requestStart(id, request.url);
    const reply = answer(request.url);
    response.writeHead(reply.error ? 404 : 200, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(reply)}\n`);
    // The closure, and with it the JSON, costs only while somebody watches.
    orders.requestDone.fire(() => [id, response.statusCode, reply]);
});

function answer(path) {
    const [, item] = /^\/orders\/(\w+)$/.exec(path) ?? [];
    return item ? { item, quantity: item.length } : { error: `nothing at ${path}` };
}

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
    const { port } = server.address();
    console.log(`listening: curl http://127.0.0.1:${port}/orders/tea`);
    console.log(howToWatch(orders.status));
});

/** The line to type in another terminal, or why there is none. */
function howToWatch(status) {
    if (status.kind !== 'visible') return `no probes to see: ${status.reason}`;
    const probe = (name, action) => `usdt:${status.path}:orders:${name} { ${action} }`;
    const start = probe('request__start', 'printf("%d %s\\n", arg0, str(arg1));');
    const done = probe('request__done', 'printf("%d %d %s\\n", arg0, arg1, str(arg2));');
    return `watch it: sudo bpftrace -e '${start}\n${done}'`;
}

process.on('SIGTERM', () => {
    server.close();
    server.closeAllConnections();
});
