'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

/** Starts the server, which ends with the test `t`; resolves to the two things that it prints: its address, and a script. */
async function start(t) {
    const images = mkdtempSync(path.join(tmpdir(), 'node-quickstart-'));
    const server = spawn(process.execPath, [path.join(__dirname, '..', 'index.js')], {
        env: { ...process.env, PORT: '0', USDT_PROBES_DIR: images },
        stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(server, 'close');
    t.after(async () => {
        server.kill();
        await ended;
        rmSync(images, { recursive: true, force: true });
    });
    let said = '';
    for await (const text of server.stdout) {
        said += text;
        const [, url, script] = /curl (\S+)\nwatch it: sudo bpftrace -e '([^']+)'\n/.exec(said) ?? [];
        if (script) return { url, script };
    }
    throw new Error(`the server said ${said}`);
}

module.exports = { start };
