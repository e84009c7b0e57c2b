'use strict';

/** Child processes and worker threads. */

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');

const { watching } = require('./support/preloaded.js');

test('child processes', async () => {
    const children = [];
    const [spawns, exits] = await watching(['child-spawn', 'child-exit'], async () => {
        for (const script of ['process.exit(3)', 'process.kill(process.pid, "SIGKILL")']) {
            const child = spawn(process.execPath, ['-e', script]);
            children.push(child);
            await once(child, 'close');
        }
        await assert.rejects(once(spawn('/no/such/program'), 'exit'), { code: 'ENOENT' });
    });
    const file = process.execPath;
    assert.deepStrictEqual(spawns.map(({ pid, file }) => [pid, file]), [
        [children[0].pid, file], [children[1].pid, file], [0, '/no/such/program'],
    ]);
    assert.deepStrictEqual(JSON.parse(spawns[0].args), [file, '-e', 'process.exit(3)']);
    assert.deepStrictEqual(exits.slice(0, 2), [
        { id: spawns[0].id, pid: children[0].pid, file, code: 3, signal: '' },
        { id: spawns[1].id, pid: children[1].pid, file, code: -1, signal: 'SIGKILL' },
    ]);
});

test('worker threads', async () => {
    let thread;
    const [starts, exits] = await watching(['worker-start', 'worker-exit'], async () => {
        const worker = new Worker('process.exit(4)', { eval: true });
        thread = worker.threadId;
        await once(worker, 'exit');
    });
    assert.deepStrictEqual(starts.map(({ thread }) => thread), [thread]);
    assert.deepStrictEqual(exits, [{ id: starts[0].id, code: 4 }]);
});
