/**
 * What the watchdog costs a program that nobody watches, and what it would if its debugger were in another state meanwhile: a loop
 * that computes, awaits of nothing, and a server that says hello.
 *
 *     node napi-binding/bench/watchdog.mjs [ROUNDS]
 *
 * `USDT_PROBES_NATIVE` says where the native part is. Each round runs all kinds, in an order of chance, in a process each; what is
 * told is the median and between which eight of ten are.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { shuffled } from './rows.mjs';
import { measure, quantile, ratio, tellRatios } from './servers.mjs';

const WATCHDOG = fileURLToPath(new URL('../watchdog.js', import.meta.url));
const ENABLE = "s.post('Debugger.enable', { maxScriptsCacheSize: 0 });";

/** What is done before the loop runs, in a thread of its own except the timer. */
const KINDS = {
    nothing: '',
    timer: 'setInterval(() => {}, 60).unref();',
    connected: thread(''),
    'Runtime.enable': thread("s.post('Runtime.enable');"),
    'Profiler.enable': thread("s.post('Profiler.enable');"),
    'Debugger.enable': thread("s.post('Debugger.enable');"),
    '  no cache of scripts': thread(ENABLE),
    '  async depth 0': thread(`${ENABLE} s.post('Debugger.setAsyncCallStackDepth', { maxDepth: 0 });`),
    '  all pauses skipped': thread(`${ENABLE} s.post('Debugger.setSkipAllPauses', { skip: true });`),
    '  then disable': thread(`${ENABLE} s.post('Debugger.disable');`),
    watchdog: `require(${JSON.stringify(WATCHDOG)});`,
};

/** Objects, closures, text and exceptions: what servers are made of. */
const LOOP = `
function work() {
    let sum = 0;
    for (let i = 0; i < 200000; i += 1) {
        const text = JSON.stringify({ i, name: 'n' + i });
        sum += [1, 2, 3].map((x) => x * i).reduce((a, b) => a + b) + JSON.parse(text).i;
        if (i % 100 === 0) { try { throw new Error('x'); } catch { sum += 1; } }
    }
    return sum;
}
async function turns() { for (let i = 0; i < 300000; i += 1) await i; }
setTimeout(async () => {
    work();
    const start = process.hrtime.bigint();
    work();
    const middle = process.hrtime.bigint();
    await turns();
    console.log(Number(middle - start) / 1e6 + ' ' + Number(process.hrtime.bigint() - middle) / 1e6);
    process.exit();
}, 500);`;

function thread(body) {
    const source = `const s = new (require('node:inspector').Session)(); s.connectToMainThread(); ${body} setInterval(() => {}, 1000);`;
    return `new (require('node:worker_threads').Worker)(${JSON.stringify(source)}, { eval: true }).unref();`;
}

/** The median and between which eight of ten are, as text. */
function spread(values) {
    const [low, median, high] = [1, 5, 9].map((tenths) => quantile(values, tenths).toFixed(0));
    return `${median.padStart(6)} (${low} to ${high})`.padEnd(22);
}

const rounds = Number(process.argv[2] ?? 11);
const times = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, []]));
for (let round = 0; round < rounds; round += 1) {
    for (const [kind, before] of shuffled(Object.entries(KINDS))) {
        // What Node says of a debugger that is connected when it exits is of no interest here.
        const printed = execFileSync(process.execPath, ['-e', before + LOOP], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
        times[kind].push(printed.split(' ').map(Number));
    }
}
console.log(`Node ${process.version}, ${rounds} rounds, ms`);
for (const [kind, all] of Object.entries(times)) {
    const [compute, awaits] = [0, 1].map((i) => spread(all.map((one) => one[i])));
    console.log(`${kind.padEnd(24)} compute ${compute} awaits ${awaits}`.trimEnd());
}

const WITHOUT = 'without';
const WITH = 'with the watchdog';
const generations = await measure([
    { name: WITHOUT, flags: [] },
    { name: WITH, flags: ['--require', WATCHDOG] },
], { processes: rounds, turns: 10, ms: 200 });
for (const name of [WITHOUT, WITH]) {
    const [rate, time] = [(it) => it[name].rate, (it) => it[name].time].map((of) => quantile(generations.map(of), 5));
    console.log(`${name.padEnd(24)} requests a second ${rate.toFixed(0)}, processor's time for one ${time.toFixed(2)} µs`);
}
tellRatios({
    'requests/s, with / without': ratio(generations, (it) => it[WITH].rate / it[WITHOUT].rate),
    "processor's time, without / with": ratio(generations, (it) => it[WITHOUT].time / it[WITH].time),
});
