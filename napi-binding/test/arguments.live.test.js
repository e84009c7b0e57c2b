'use strict';

/** All twelve operands that a tracer can read: gdb reads them, bpftrace 0.17 takes six. */

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { readFileSync } = require('node:fs');
const { createInterface } = require('node:readline');
const { test } = require('node:test');

const { directory, start } = require('./support/program.js');

/** A probe of each API with 32 arguments. */
function many({ createDTraceProvider, defineProvider, step }) {
    const isText = (i) => i % 3 === 2;
    const numbers = Array.from({ length: 32 }, (_, i) => i);
    const app = createDTraceProvider('app');
    const probe = app.addProbe('many', ...numbers.map((i) => (isText(i) ? 'char *' : 'int')));
    app.enable();
    const orders = defineProvider('orders', {
        many: Object.fromEntries(numbers.map((i) => [`a${i}`, isText(i) ? 'string' : 'i32'])),
    });
    step([app.status.path, orders.status.path]);
    const values = numbers.map((i) => (isText(i) ? `text ${i}` : -100 - i));
    probe.fire(() => values);
    orders.many(...values);
}

/** Where the image is mapped in the process. gdb knows of no file that the dynamic linker hasn't loaded. */
function mapped(pid, image) {
    const line = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n').find((line) => line.includes(image));
    return `0x${line.split('-')[0]}`;
}

const isText = (i) => i % 3 === 2;
const VALUES = Array.from({ length: 12 }, (_, i) => (isText(i) ? `text ${i}` : -100 - i)).join(' ');
const SHOW = [
    'continue',
    'printf "test: %d", $_probe_argc',
    ...Array.from({ length: 12 }, (_, i) => `printf ${isText(i) ? '" %s", (char *)' : '" %d", (long)'} $_probe_arg${i}`),
    'printf "\\n"',
];

test('gdb reads twelve arguments of 32', async () => {
    const program = start(many, { images: directory() });
    const told = await program.told();
    const script = [
        'set debuginfod enabled off',
        'set pagination off',
        'set width 0',
        ...told.map((image) => `add-symbol-file ${image} -o ${mapped(program.pid, image)}`),
        'break -probe-stap app:many',
        'break -probe-stap orders:many',
        'printf "test: attached\\n"',
        ...SHOW,
        ...SHOW,
        'detach',
    ];
    const commands = script.flatMap((command) => ['-ex', command]);
    const args = ['-batch', '-nx', '-p', String(program.pid), ...commands];
    const gdb = spawn('gdb', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const closed = once(gdb, 'close');
    let said = '';
    gdb.stderr.on('data', (text) => {
        said += text;
    });
    const seen = [];
    for await (const line of createInterface({ input: gdb.stdout })) {
        said += `${line}\n`;
        if (line === 'test: attached') {
            program.goOn();
        } else if (line.startsWith('test: ')) {
            seen.push(line.slice('test: '.length));
        }
    }
    await closed;
    assert.deepEqual(seen, [`12 ${VALUES}`, `12 ${VALUES}`], said);
    await program.told();
    await program.ended();
});
