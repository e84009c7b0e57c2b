/**
 * What `usdt-probes/node` costs a server while nobody watches: the requests a second of one that says hello, with it and without. Two
 * kinds are without: how far these are apart says how much of a difference is chance.
 *
 *     node napi-binding/bench/http.mjs [--quick] [--json]
 *
 * `USDT_PROBES_NATIVE` says where the native part is.
 */

import { fileURLToPath } from 'node:url';

import { measure, quantile, ratio, tellRatios } from './servers.mjs';

const PRELOAD = fileURLToPath(new URL('../node.js', import.meta.url));
const GOAL = 0.99;

const SERVERS = [
    { name: 'without', flags: [] },
    { name: 'without, once more', flags: [] },
    { name: 'with usdt-probes/node', flags: ['--require', PRELOAD] },
];
const [WITHOUT, AGAIN, WITH] = SERVERS.map(({ name }) => name);

const options = new Set(process.argv.slice(2));
const effort = options.has('--quick') ? { processes: 3, turns: 5, ms: 200 } : { processes: 40, turns: 15, ms: 200 };
const generations = await measure(SERVERS, effort);

// Above 1 is faster.
const ratios = {
    'requests/s, with / without': ratio(generations, (it) => it[WITH].rate / ((it[WITHOUT].rate + it[AGAIN].rate) / 2)),
    'requests/s, without / without': ratio(generations, (it) => it[AGAIN].rate / it[WITHOUT].rate),
    "processor's time, without / with": ratio(generations, (it) => (it[WITHOUT].time + it[AGAIN].time) / 2 / it[WITH].time),
    "processor's time, without / without": ratio(generations, (it) => it[WITHOUT].time / it[AGAIN].time),
};
const medians = SERVERS.map(({ name }) => {
    const middle = (of) => quantile(generations.map((it) => of(it[name])), 5);
    return { name, requests: Math.round(middle((it) => it.rate)), microseconds: middle((it) => it.time) };
});

if (options.has('--json')) {
    console.log(JSON.stringify({ node: process.version, ...effort, goal: GOAL, medians, ratios }));
} else {
    console.log(`Node ${process.version}, ${effort.processes} processes of each, medians; the goal is a ratio above ${GOAL}`);
    for (const { name, requests, microseconds } of medians) {
        console.log(`${name.padEnd(24)}${String(requests).padStart(8)} requests/s ${microseconds.toFixed(2).padStart(8)} µs of processor a request`);
    }
    tellRatios(ratios);
}
