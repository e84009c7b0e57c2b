'use strict';

/** examples/spinning-server: the request that makes it spin, and bpftrace that attaches when it already does. */

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { connect } = require('node:net');
const path = require('node:path');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { attach } = require('./support/bpftrace.js');
const { PACKAGE, directory } = require('./support/program.js');
const { inImages } = require('./support/watch.js');

const SERVER = path.join(PACKAGE, '../examples/spinning-server/server.js');
const WATCHDOG = path.join(PACKAGE, 'watchdog.js');

/** Starts it, and gives the port that it says. */
async function serve(t, images) {
    const env = { ...process.env, PORT: '0', USDT_PROBES_DIR: images, USDT_PROBES_WATCHDOG_MS: '200' };
    const server = spawn(process.execPath, ['--require', WATCHDOG, SERVER], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => server.kill('SIGKILL'));
    const [line] = await once(server.stdout, 'data');
    return { pid: server.pid, port: Number(/:(\d+)\/\n$/.exec(line)[1]) };
}

/** Sends a request, and gives its answer or null if there is none for so many ms. */
async function ask(t, port, query, patience) {
    const socket = connect(port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.write(`GET /?${query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    return Promise.race([once(socket, 'data').then(([data]) => String(data)), sleep(patience, null, { ref: false })]);
}

test('a loop in which min is max names its function and both of them', async (t) => {
    const images = directory();
    const { pid, port } = await serve(t, images);
    assert.match(await ask(t, port, 'min=9000&max=9100', 10_000), /\r\n90\d\d\n/);
    assert.equal(await ask(t, port, 'min=9000&max=9000', 1_000), null);
    const probe = inImages(images, 'node', 'loop__blocked');
    const session = await attach({ [probe]: 'printf("%d %s %s\\n", pid, str(arg1), str(arg2));' }, { strlen: 100 });
    await session.waitForLines(1);
    const { lines } = await session.finish();
    assert.ok(lines[0].startsWith(`${pid} pickPort {"min":9000,"max":9000,`), lines[0]);
});
