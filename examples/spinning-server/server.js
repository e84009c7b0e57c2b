'use strict';

/** A server with a bug: whoever asks for a port between two that are the same waits for ever, and so does everybody else. */

const http = require('node:http');

/** A port that is not the lowest one. */
function pickPort(min, max) {
    let port;
    do {
        port = min + Math.floor(Math.random() * (max - min));
    } while (port === min);
    return port;
}

const server = http.createServer((request, response) => {
    const { searchParams } = new URL(request.url, 'http://localhost');
    const port = pickPort(Number(searchParams.get('min') ?? 9000), Number(searchParams.get('max') ?? 9100));
    response.end(`${port}\n`);
});

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
    console.log(`process ${process.pid}: http://127.0.0.1:${server.address().port}/`);
});
