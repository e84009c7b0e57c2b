'use strict';

// A server in a process of its own, with a directory of its own for the images of its probes.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { mkdtempSync, readdirSync, rmSync } = require('node:fs');
const { createInterface } = require('node:readline');
const { tmpdir } = require('node:os');
const path = require('node:path');

const EXAMPLE = path.join(__dirname, '..');

/** A directory for images that is gone after the test `t`. */
function imageDirectory(t) {
    const directory = mkdtempSync(path.join(tmpdir(), 'ldap-server-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    return path.join(directory, 'probes');
}

/** Starts a server that ends with the test `t`: its address, its process, and what it wrote to its error output. */
async function startServer(t, images = imageDirectory(t)) {
    const child = spawn(process.execPath, ['server.js', '--port', '0'], {
        cwd: EXAMPLE,
        env: { ...process.env, USDT_PROBES_DIR: images },
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server = { pid: child.pid, stderr: '', url: '', images };
    child.stderr.on('data', (text) => { server.stderr += text; });
    const ended = once(child, 'close');
    server.stop = async () => {
        child.kill('SIGTERM');
        return (await ended)[0];
    };
    t.after(server.stop);
    const lines = createInterface({ input: child.stdout });
    const line = await Promise.race([once(lines, 'line').then(([text]) => text), ended.then(() => '')]);
    server.url = line.replace(/^listening on /, '');
    if (!server.url) throw new Error(`the server did not start:\n${server.stderr}`);
    return server;
}

/** The one image of `provider` in a directory. */
function imageOf(images, provider) {
    const files = readdirSync(images).filter((name) => name.startsWith(`${provider}-`) && name.endsWith('.so'));
    if (files.length !== 1) throw new Error(`one image of ${provider} was expected in ${images}: ${files}`);
    return path.join(images, files[0]);
}

module.exports = { EXAMPLE, imageDirectory, startServer, imageOf };
