'use strict';

/** A program that does a bit of everything, loaded with `usdt-probes/node`, and bpftrace watching. */

const assert = require('node:assert/strict');
const { test } = require('node:test');
const path = require('node:path');

const { Program, directory, PACKAGE, STEP } = require('./support/program.js');
const { inImages, watch } = require('./support/watch.js');

const PROGRAM = `${STEP}
const { execFile } = require('node:child_process');
const dns = require('node:dns');
const fs = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');
process.on('unhandledRejection', () => {});
step();
sleep(500).then(async () => {
    gc();
    await dns.promises.lookup('127.0.0.1');
    fs.readFileSync('/etc/hostname');
    await new Promise((resolve) => execFile('/bin/true', resolve));
    await new Promise((resolve) => new Worker('', { eval: true, execArgv: [] }).on('exit', resolve));
    setTimeout(function mine() {}, 1);
    for (const end = Date.now() + 100; Date.now() < end;);
    Promise.reject(new RangeError('too far'));
    require('node:zlib');
    await sleep(100);
    tell('done');
});`;

/** What each probe prints at least once. */
const SEEN = {
    gc__done: ['"gc %d\\n", arg0', 'gc 4'],
    dns__lookup__done: ['"dns %s %s\\n", str(arg1), str(arg3)', 'dns 127.0.0.1 127.0.0.1'],
    fs__slow: ['"fs %s %s\\n", str(arg0), str(arg1)', 'fs readFileSync /etc/hostname'],
    child__spawn: ['"spawn %s\\n", str(arg2)', 'spawn /bin/true'],
    child__exit: ['"exit %s %d\\n", str(arg2), arg3', 'exit /bin/true 0'],
    worker__start: ['"worker %d\\n", arg1', 'worker 1'],
    worker__exit: ['"worker ends %d\\n", arg1', 'worker ends 0'],
    timer__late: ['"late %d %s\\n", arg0 > 50000000, str(arg2)', 'late 1 mine'],
    unhandled__rejection: ['"rejection %s %s\\n", str(arg0), str(arg1)', 'rejection RangeError too far'],
    module__load__start: ['"load %s %s\\n", str(arg1), str(arg3)', 'load node:zlib require'],
};

test('what Node does', async () => {
    const images = directory();
    const flags = ['--expose-gc', '--require', path.join(PACKAGE, 'node.js'), '-e', PROGRAM];
    const begin = () => new Program(flags, { USDT_PROBES_DIR: images, USDT_PROBES_NODE_FS_SLOW_MS: '0' });
    const { lines, driven } = await watch(begin, () => Object.fromEntries(Object.entries(SEEN).map(([probe, [format]]) =>
        [inImages(images, 'node', probe), `printf(${format});`])));
    assert.equal(driven, 'done');
    for (const [, expected] of Object.values(SEEN)) {
        assert.ok(lines.includes(expected), `${expected} in ${JSON.stringify(lines)}`);
    }
});
