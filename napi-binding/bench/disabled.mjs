/**
 * What a probe that nobody watches costs, beside an empty call and beside the stub that dtrace-provider is on Linux.
 *
 *     node bench/disabled.mjs             one probe at each place that fires
 *     node bench/disabled.mjs many        64 probes that take turns at one place
 *
 * Each case has a process of its own, since V8 compiles a function for all that it has been called with, and the best of
 * its rounds counts. The figures are nanoseconds a call in a loop, and what that is above the empty call.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { defineProvider, createDTraceProvider, backend } from '../index.mjs';

const ROUNDS = 15;
const CALLS = 10_000_000;
const PROBES = 64;
const KEYS = Array.from({ length: PROBES }, (_, i) => `requestStart${i}`);

class Empty {
    fire() {}
}

/** Makes objects with a method that is called in the loop: `fire` with a callback, or `hit` with two values. */
const CASES = {
    'an empty function': { hit: () => KEYS.map(() => ({ hit() {} })) },
    'orders.requestStart(id, path)': { hit: () => ofProvider() },
    'an empty method': { fire: () => KEYS.map(() => new Empty()) },
    "dtrace-provider's stub": { fire: () => KEYS.map(() => ({ fire: function () {} })) },
    'probe.fire(callback)': { fire: () => ofDTraceProvider() },
};

function ofProvider() {
    const orders = defineProvider('bench', Object.fromEntries(KEYS.map((key) => [key, { id: 'u64', path: 'string' }])));
    return KEYS.map((key) => ({ hit: orders[key] }));
}

function ofDTraceProvider() {
    const provider = createDTraceProvider('bench');
    const probes = KEYS.map((key) => provider.addProbe(key, 'int', 'char *'));
    provider.enable();
    return probes;
}

function loopOver(how, targets, many) {
    const [one] = targets;
    const callback = () => [1, '/'];
    if (how === 'hit') {
        return many
            ? (n) => { for (let i = 0; i < n; i += 1) targets[i & (PROBES - 1)].hit(i, '/'); }
            : (n) => { for (let i = 0; i < n; i += 1) one.hit(i, '/'); };
    }
    return many
        ? (n) => { for (let i = 0; i < n; i += 1) targets[i & (PROBES - 1)].fire(callback); }
        : (n) => { for (let i = 0; i < n; i += 1) one.fire(callback); };
}

function measure(name, many) {
    const [[how, make]] = Object.entries(CASES[name]);
    const loop = loopOver(how, make(), many);
    loop(CALLS / 10);
    let best = Infinity;
    for (let round = 0; round < ROUNDS; round += 1) {
        const start = process.hrtime.bigint();
        loop(CALLS);
        best = Math.min(best, Number(process.hrtime.bigint() - start) / CALLS);
    }
    return best;
}

const [, , first, second] = process.argv;
if (first === '--case') {
    console.log(measure(second, process.argv[4] === 'many'));
} else {
    console.log(`Node ${process.version}, ${backend === 'none' ? 'without' : 'with'} a native part`);
    const baseline = {};
    for (const [name, by] of Object.entries(CASES)) {
        const args = [fileURLToPath(import.meta.url), '--case', name, first ?? 'one'];
        const once = () => Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
        const ns = Math.min(once(), once(), once());
        const how = Object.keys(by)[0];
        baseline[how] ??= ns;
        console.log(`${name.padEnd(32)} ${ns.toFixed(2).padStart(6)} ns  +${(ns - baseline[how]).toFixed(2)}`);
    }
}
