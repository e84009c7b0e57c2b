'use strict';

// The watchdog beside others that use the inspector, and without an inspector. What is fired the program prints.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { readFileSync, readdirSync } = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { directory } = require('./support/program.js');

const PACKAGE = path.join(__dirname, '..');
const ENTRY = path.join(PACKAGE, 'watchdog.js');
const TELLING = require.resolve('./support/telling-native.js');
const WITHOUT_INSPECTOR = require.resolve('./support/without-inspector.js');

/** `spin(ms)`: what every program of this file does, once the watchdog's thread runs. */
const SPIN = `
function spin(ms) {
    const end = Date.now() + ms;
    while (Date.now() < end) {
        const turn = 1;
    }
}
`;

/** Runs a program to its end. What it fires is told by the probes' names, beside its own lines. */
function run(program, { flags = [], env = {}, require = ENTRY } = {}) {
    const all = { ...process.env, USDT_PROBES_NATIVE: TELLING, USDT_PROBES_WATCHDOG_MS: '100', ...env };
    const args = [...flags, '--require', require, '-e', SPIN + program];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: all, timeout: 30_000 });
    assert.equal(status, 0, stderr);
    const lines = stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
    const fired = (probe) => lines.filter((line) => line[0] === probe).map(([, ...values]) => values);
    return { blocked: fired('loop-blocked'), unblocked: fired('loop-unblocked'), said: fired('said'), stderr };
}

/** A firing says that `spin` runs, and that it has been called with so many ms. */
function assertSpins([ms, top, locals, stack], called) {
    assert.ok(ms >= 100 && ms < called + 1_000, ms);
    assert.equal(top, 'spin');
    assert.equal(JSON.parse(locals).ms, called);
    assert.match(stack, /^spin \(\[?eval.*:\d+:\d+\)\n/);
}

test('a firing has the function, its variables and the stack', () => {
    const { blocked, unblocked, stderr } = run('setTimeout(() => { spin(1000); setTimeout(() => {}, 500); }, 500);');
    assertSpins(blocked[0], 1000);
    assert.ok(unblocked.some(([ms]) => ms >= 900), unblocked);
    assert.equal(stderr, '');
});

test('a block that goes on is told again after twice the time', () => {
    const { blocked } = run('setTimeout(() => spin(1700), 500);');
    const times = blocked.map(([ms]) => ms);
    assert.ok(times.length >= 3 && times.length <= 5, times);
});

test('who attaches to a loop that is blocked hears of it soon', () => {
    const { blocked } = run('setTimeout(() => spin(5000), 300);', { env: { WATCHED_AFTER: '2500', USDT_PROBES_WATCHDOG_MS: '1500' } });
    // It began after 300 ms at least, and was watched after 2500.
    assert.ok(blocked[0][0] >= 1_500 && blocked[0][0] < 3_200, blocked[0]);
    assertSpins(blocked[0], 5000);
});

test('node --inspect', () => {
    const { blocked, stderr } = run('setTimeout(() => spin(800), 500);', { flags: ['--inspect=127.0.0.1:0'] });
    assertSpins(blocked[0], 800);
    assert.match(stderr, /^Debugger listening on/);
    assert.doesNotMatch(stderr, /Waiting for the debugger/);
});

test('node --cpu-prof', () => {
    const profiles = directory();
    const { blocked } = run('setTimeout(() => spin(800), 500);', { flags: ['--cpu-prof', `--cpu-prof-dir=${profiles}`] });
    assertSpins(blocked[0], 800);
    const texts = readdirSync(profiles).map((name) => readFileSync(path.join(profiles, name), 'utf8'));
    assert.ok(texts.some((text) => JSON.parse(text).nodes.some(({ callFrame }) => callFrame.functionName === 'spin')));
});

test('a program that profiles itself', () => {
    const { blocked, said } = run(`
        const session = new (require('node:inspector').Session)();
        session.connect();
        session.post('Profiler.enable');
        session.post('Profiler.start');
        setTimeout(() => {
            spin(800);
            session.post('Profiler.stop', (error, { profile }) => {
                console.log(JSON.stringify(['said', profile.nodes.some(({ callFrame }) => callFrame.functionName === 'spin')]));
            });
        }, 500);`);
    assertSpins(blocked[0], 800);
    assert.deepEqual(said, [[true]]);
});

test('`debugger` in a loop that spins stops it for no longer than a firing', () => {
    const { blocked, stderr } = run('setTimeout(() => { const end = Date.now() + 800; while (Date.now() < end) { debugger; } }, 500);');
    assert.match(blocked[0][3], /eval/);
    assert.equal(stderr, '');
});

test('who debugs the program decides when it goes on', () => {
    // The main thread stays in the debugger for 1.5 s, which is a loop that doesn't turn.
    const debugs = `
        const say = (...values) => require('node:fs').writeSync(1, JSON.stringify(['said', ...values]) + '\\n');
        const session = new (require('node:inspector').Session)();
        session.connectToMainThread();
        let paused = 0;
        session.on('Debugger.paused', ({ params }) => {
            say('paused', params.callFrames[0].functionName);
            paused = Date.now();
            setTimeout(() => session.post('Debugger.resume'), 1500);
        });
        session.on('Debugger.resumed', () => {
            if (paused !== 0) say('resumed', Date.now() - paused >= 1400);
            paused = 0;
            session.disconnect();
        });
        session.post('Debugger.enable');
        session.post('Debugger.setBreakpointByUrl', { urlRegex: 'eval', lineNumber: 9 });
        setInterval(() => {}, 1000);`;
    const { blocked, said } = run(`
        function stops() {
            return 1; // the tenth line
        }
        new (require('node:worker_threads').Worker)(${JSON.stringify(debugs)}, { eval: true }).unref();
        setTimeout(() => { stops(); setTimeout(() => {}, 300); }, 1000);`);
    assert.deepEqual(said, [['paused', 'stops'], ['resumed', true]]);
    assert.equal(blocked[0][1], 'stops');
});

test('in native code that ends soon: what called it', () => {
    const { blocked } = run(`function waits() { require('node:child_process').execSync('sleep 0.5'); }
        setTimeout(waits, 500);
        setTimeout(() => {}, 2000);`);
    assert.match(blocked[0][3], /^waits \(/m);
});

test('in native code: no stack, and an exit that nothing holds up', () => {
    const { blocked, stderr } = run(`setTimeout(() => {
        require('node:child_process').execSync('sleep 1.5');
        process.exit();
    }, 500);`);
    assert.equal(blocked[0][3], '');
    assert.equal(stderr, '');
});

test('an exit while the main thread is asked', () => {
    const { stderr } = run(`setTimeout(() => {
        require('node:child_process').execSync('sleep 0.5');
        process.exit();
    }, 500);`);
    assert.equal(stderr, '');
});

test('the status: with a stack, and after the end', () => {
    const { said } = run(`
        const watchdog = require(${JSON.stringify(PACKAGE)}).watchdog();
        const { status } = watchdog;
        watchdog.stop();
        console.log(JSON.stringify(['said', status, watchdog.status.kind]));`);
    assert.deepEqual(said, [[{ kind: 'stack' }, 'unavailable']]);
});

test('without an inspector: how long, and nothing else', () => {
    const { blocked, said, stderr } = run(`
        console.log(JSON.stringify(['said', require(${JSON.stringify(ENTRY)}).status]));
        setTimeout(() => spin(800), 500);`, { flags: ['--require', WITHOUT_INSPECTOR] });
    assert.deepEqual(said, [[{ kind: 'stackless', reason: 'Inspector is not available' }]]);
    assert.ok(blocked[0][0] >= 100, blocked);
    assert.deepEqual(blocked[0].slice(1), ['', '{}', '']);
    assert.equal(stderr, '');
});
