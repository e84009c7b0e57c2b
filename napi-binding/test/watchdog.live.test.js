'use strict';

/** The watchdog with bpftrace watching: before a loop spins, and when it already does. */

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { attach } = require('./support/bpftrace.js');
const { Program, PACKAGE, STEP, directory } = require('./support/program.js');
const { inImages } = require('./support/watch.js');

/** Begins to spin a second after it was told to, for so many ms or for ever. */
const SOURCE = `${STEP}
require(${JSON.stringify(PACKAGE)}).watchdog({ after: 200 });
function pickPort(min, max, end) {
    let port;
    do {
        port = min + Math.floor(Math.random() * (max - min));
    } while (port === min && Date.now() < end);
    return port;
}
setTimeout(() => {
    step();
    setTimeout(() => {
        pickPort(9000, 9000, Date.now() + Number(process.env.SPIN));
        tell('ended');
        // The watchdog's thread needs a moment to see that the loop turns again.
        setTimeout(() => {}, 1000);
    }, 1000);
}, 1000);`;

function start(spin) {
    const images = directory();
    const program = new Program(['-e', SOURCE], { USDT_PROBES_DIR: images, SPIN: String(spin) });
    const programs = {
        [inImages(images, 'node', 'loop__blocked')]: 'printf("%s %s\\n", str(arg1), str(arg2));',
        [inImages(images, 'node', 'loop__unblocked')]: 'printf("unblocked %d\\n", arg0);',
    };
    return { program, programs };
}

/** The program's waiting for the test is a block, too: other lines may be there. */
function assertTold(lines) {
    assert.ok(lines.some((line) => /^pickPort \{"min":9000,"max":9000,/.test(line)), lines.join('\n'));
}

test('attached before: the function and its arguments, and how long it was', async () => {
    const { program, programs } = start(3000);
    await program.told();
    const session = await attach(programs, { strlen: 100 });
    await program.next();
    await sleep(500);
    const { lines } = await session.finish();
    assertTold(lines);
    const totals = lines.flatMap((line) => /^unblocked (\d+)$/.exec(line)?.[1] ?? []).map(Number);
    assert.ok(totals.some((total) => total >= 2_800 && total < 5_000), lines.join('\n'));
    await program.ended();
});

test('attached when it spins already', async () => {
    const { program, programs } = start(1e9);
    await program.told();
    program.goOn();
    await sleep(3_000);
    const session = await attach(programs, { strlen: 100 });
    await session.waitForLines(1);
    const { lines } = await session.finish();
    assertTold(lines);
    process.kill(program.pid, 'SIGKILL');
});
