'use strict';

// The README's two terminals: the line that the server prints is typed as it stands.

const test = require('node:test');
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

const { observe } = require('../../../napi-binding/test/support/bpftrace');

test('the line that the server prints shows its requests', async (t) => {
    const images = mkdtempSync(path.join(tmpdir(), 'node-quickstart-'));
    const server = spawn(process.execPath, [path.join(__dirname, '..', 'index.js')], {
        env: { ...process.env, PORT: '0', USDT_PROBES_DIR: images },
        stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(async () => {
        server.kill();
        await once(server, 'close');
        rmSync(images, { recursive: true, force: true });
    });
    let said = '';
    for await (const text of server.stdout) {
        said += text;
        if (/request__done.*'\n/.test(said)) break;
    }
    const [, url] = /curl (http:\S+)/.exec(said);
    const [, script] = /^watch it: sudo bpftrace -e '([^']+)'$/m.exec(said);
    const programs = Object.fromEntries(script.split('\n').map((line) => {
        const [, probe, action] = /^\s*(usdt:\S+) \{ (.*) \}$/.exec(line);
        return [probe, action];
    }));
    const { lines } = await observe(programs, async () => {
        assert.equal(await (await fetch(url)).text(), '{"item":"tea","quantity":3}\n');
        assert.equal((await fetch(`${url}/cup`)).status, 404);
    });
    assert.deepEqual(lines, [
        '1 /orders/tea',
        '1 200 {"item":"tea","quantity":3}',
        '2 /orders/tea/cup',
        '2 404 {"error":"nothing at /orders/tea/cup"}',
    ]);
});
