'use strict';

/** Programs that know nothing of probes, with `usdt-probes/node` loaded before them, and bpftrace watching. */

const assert = require('node:assert/strict');
const { test } = require('node:test');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const { Program, directory, PACKAGE, STEP } = require('./support/program.js');
const { inImages, inOrder, watch } = require('./support/watch.js');

const NODE = path.join(PACKAGE, 'node.js');
/** The way into the program: each Node has `--require`, and those from 18.18 and 20 on `--import`. */
const WAYS = { '--require': NODE, '--import': pathToFileURL(NODE).href };

/** Serves two requests of its own after somebody has attached. */
const SERVER = `${STEP}
const http = require('node:http');
const server = http.createServer((request, response) => response.writeHead(201).end('done'));
server.listen(0, '127.0.0.1', async () => {
    step();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const get = (path) => new Promise((resolve) => {
        const { port } = server.address();
        http.get({ port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().on('end', resolve));
    });
    await get('/one');
    await get('/two');
    server.close();
    tell('served');
});`;

for (const [flag, file] of Object.entries(WAYS)) {
    test(`${flag}: requests and responses of a server`, async () => {
        const images = directory();
        const begin = () => new Program([flag, file, '-e', SERVER], { USDT_PROBES_DIR: images });
        const { lines, driven } = await watch(begin, () => ({
            [inImages(images, 'node', 'http__server__request')]:
                'printf("%lu request %d %s %s %s\\n", nsecs, arg0, str(arg2), str(arg4), str(arg5));',
            [inImages(images, 'node', 'http__server__response')]:
                'printf("%lu response %d %s %d\\n", nsecs, arg0, str(arg1), arg4);',
        }));
        assert.equal(driven, 'served');
        // The connection of the first request has a number, too.
        assert.deepEqual(inOrder(lines), [
            'request 1 127.0.0.1 GET /one',
            'response 1 127.0.0.1 201',
            'request 3 127.0.0.1 GET /two',
            'response 3 127.0.0.1 201',
        ]);
    });
}
