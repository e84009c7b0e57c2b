/**
 * What the watchdog costs a program that nobody watches: a loop that computes, timed with and without what the watchdog does to
 * the main thread. Each round runs all of them, in a process each, one after the other.
 *
 *     node bench/watchdog.mjs [ROUNDS]
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What is done before the loop runs, in a thread of its own except the timer. */
const KINDS = {
    none: '',
    timer: 'setInterval(() => {}, 60).unref();',
    connected: thread('s.connectToMainThread();'),
    enabled: thread("s.connectToMainThread(); s.post('Debugger.enable', { maxScriptsCacheSize: 0 });"),
    watchdog: `require(${JSON.stringify(fileURLToPath(new URL('../lib/watchdog.js', import.meta.url)))}).watchdog();`,
};

/** Objects, closures, text and exceptions: what servers are made of. */
const LOOP = `
function work() {
    let sum = 0;
    for (let i = 0; i < 400000; i += 1) {
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
    const source = `const s = new (require('node:inspector').Session)(); ${body} setInterval(() => {}, 1000);`;
    return `new (require('node:worker_threads').Worker)(${JSON.stringify(source)}, { eval: true }).unref();`;
}

function median(numbers) {
    return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

const rounds = Number(process.argv[2] ?? 9);
const times = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, []]));
for (let round = 0; round < rounds; round += 1) {
    for (const [kind, before] of Object.entries(KINDS)) {
        const printed = execFileSync(process.execPath, ['-e', before + LOOP], { encoding: 'utf8' });
        times[kind].push(printed.split(' ').map(Number));
    }
}
console.log(`Node ${process.version}, ${rounds} rounds, medians in ms`);
for (const [kind, all] of Object.entries(times)) {
    const [compute, awaits] = [0, 1].map((i) => median(all.map((one) => one[i])).toFixed(0));
    console.log(`${kind.padEnd(10)} compute ${compute.padStart(5)}   awaits ${awaits.padStart(5)}`);
}
