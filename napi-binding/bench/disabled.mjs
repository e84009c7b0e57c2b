/**
 * What a probe that nobody watches costs, beside an empty call and beside the stub that dtrace-provider is on Linux.
 *
 *     npm ci --ignore-scripts --prefix napi-binding/bench
 *     USDT_PROBES_NATIVE=target/bench.node node napi-binding/bench/disabled.mjs [--quick] [--json]
 *
 * The native part is one that was built with the feature `bench`: `attached.mjs` says how.
 *
 * V8 compiles a function for all that it has been called with, so each case has processes of its own. They take turns, and
 * each case has many: how fast a process is depends on where its code and its data happen to lie.
 */

import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { backend, createDTraceProvider, defineProvider } from '../index.mjs';
import { shuffled, tell, time } from './rows.mjs';

const require = createRequire(import.meta.url);
const { again } = require('./native-part.cjs');

const ROUNDS = 30;
const CALLS = 1_000_000;
const PROBES = 64;
const DEFINITIONS = Object.fromEntries(Array.from({ length: PROBES }, (_, i) => [`probe${i}`, { id: 'u64', path: 'string' }]));
const KEYS = Object.keys(DEFINITIONS);
const CALLBACK = () => [1, '/'];

/* The places that are timed. A place is given what it fires, as a method of a program is. */
const functions = (orders) => (n) => { for (let i = 0; i < n; i += 1) orders.probe0(i, '/'); };
const methods = ([probe]) => (n) => { for (let i = 0; i < n; i += 1) probe.fire(CALLBACK); };
const manyFunctions = (orders) => {
    const probes = KEYS.map((key) => orders[key]);
    return (n) => { for (let i = 0; i < n; i += 1) probes[i & (PROBES - 1)](i, '/'); };
};
const manyMethods = (probes) => (n) => { for (let i = 0; i < n; i += 1) probes[i & (PROBES - 1)].fire(CALLBACK); };

const empty = () => Object.fromEntries(KEYS.map((key) => [key, { [key](id, path) {} }[key]]));
const ours = () => defineProvider('bench', DEFINITIONS);
const provided = (create) => {
    const provider = create('bench_old');
    const probes = KEYS.map((key) => provider.addProbe(key, 'int', 'char *'));
    provider.enable();
    return probes;
};
const stub = () => {
    const { DTraceProvider, createDTraceProvider: create } = require('dtrace-provider');
    if (DTraceProvider.name !== 'DTraceProviderStub') throw new Error('this dtrace-provider is not the stub');
    return provided(create);
};
const old = () => provided(createDTraceProvider);

/** What has been watched for a while: its semaphore was raised as a tracer raises it. */
function watchedOnce(fires, definition, image, fire) {
    const { semaphores } = again(image, definition, fires.status);
    semaphores.fill(1);
    for (let i = 0; i < 1_000; i += 1) fire();
    semaphores.fill(0);
}

function oursWatchedOnce() {
    const orders = ours();
    watchedOnce(orders, DEFINITIONS, 'bench', () => orders.probe0(1, '/'));
    return orders;
}

function oldWatchedOnce() {
    const probes = old();
    const args = [['arg0', 8], ['arg1', 16]];
    watchedOnce(probes[0].__prov__, KEYS.map((name) => ({ name, doc: '', args })), 'bench_old', () => probes[0].fire(CALLBACK));
    return probes;
}

const EMPTY = 'an empty function';
const STUB = "dtrace-provider's stub";
const EMPTY_MANY = `${PROBES} empty functions at one place`;
const STUB_MANY = `${PROBES} of dtrace-provider's stubs at one place`;
const CASES = [
    { name: EMPTY, place: functions, make: empty },
    { name: 'orders.requestStart(id, path)', place: functions, make: ours, base: EMPTY, goal: 1 },
    { name: 'orders.requestStart(id, path), watched before', place: functions, make: oursWatchedOnce, base: EMPTY },
    { name: STUB, place: methods, make: stub },
    { name: 'probe.fire(fn)', place: methods, make: old, base: STUB, goal: 2 },
    { name: 'probe.fire(fn), watched before', place: methods, make: oldWatchedOnce, base: STUB },
    { name: EMPTY_MANY, place: manyFunctions, make: empty },
    { name: `${PROBES} of orders.requestStart(id, path) at one place`, place: manyFunctions, make: ours, base: EMPTY_MANY },
    { name: STUB_MANY, place: manyMethods, make: stub },
    { name: `${PROBES} of probe.fire(fn) at one place`, place: manyMethods, make: old, base: STUB_MANY },
];

/** The rounds of one case, in a process that does nothing else. */
function measure({ place, make }) {
    if (backend === 'none') throw new Error('no native part: USDT_PROBES_NATIVE says where it is');
    const run = place(make());
    for (let i = 0; i < 50; i += 1) run(CALLS / 50);
    return Array.from({ length: ROUNDS }, () => time(run, CALLS));
}

const [first, second] = process.argv.slice(2);
if (first === '--case') {
    console.log(JSON.stringify(measure(CASES.find(({ name }) => name === second))));
} else {
    const options = new Set(process.argv.slice(2));
    const rows = CASES.map(({ name, base, goal }) => ({ name, base, goal, times: [] }));
    const processes = options.has('--quick') ? 5 : 20;
    for (let i = 0; i < processes; i += 1) {
        for (const { name, times } of shuffled(rows)) {
            const args = [fileURLToPath(import.meta.url), '--case', name];
            times.push(...JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })));
        }
    }
    tell(rows, { json: options.has('--json'), digits: 2 });
}
