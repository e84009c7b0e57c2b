/**
 * The firings that are measured: through the package's API, through the native part's own function, and in a loop of the native
 * part over the same image. What is above that loop is the price of JavaScript.
 *
 * All run in one process, in turns, each round in another order.
 */

import { createRequire } from 'node:module';
import { createDTraceProvider, defineProvider } from '../index.mjs';
import { shuffled, time } from './rows.mjs';

const { again } = createRequire(import.meta.url)('./native-part.cjs');

const TEXT = 'a path of sixty-four bytes, which is what a request may look lik';
const BUFFER = Buffer.from(TEXT);

const PROBES = {
    none: {},
    ints: { a: 'u64', b: 'i64' },
    text: { text: 'string' },
    requestStart: { id: 'u64', path: 'string' },
    bytes: { bytes: 'bytes' },
    four: { id: 'u64', path: 'string', method: 'string', status: 'u16' },
    json: { value: 'json' },
};
const orders = defineProvider('bench', PROBES);
const native = again('bench', PROBES, orders.status);

/* The same for the other API: its types are 'int' and 'char *', and its arguments have no names. */
const OLD = { ints: ['int', 'int'], text: ['char *'] };
const provider = createDTraceProvider('bench_old');
const old = Object.fromEntries(Object.entries(OLD).map(([name, types]) => [name, provider.addProbe(name, ...types)]));
provider.enable();
const definitions = Object.entries(OLD).map(([name, types]) => ({
    name,
    doc: '',
    args: types.map((type, i) => [`arg${i}`, type === 'int' ? 8 : 16]),
}));
const nativeOld = again('bench_old', definitions, provider.status);

/** @type {Array<{ name: string, probe: string, base?: string, goal?: number, run: (n: number) => void, times: number[] }>} */
export const rows = [];
/* A loop for each row, so that each place sees one function, as in a program. */
const row = (name, probe, run, base, goal) => rows.push({ name, probe, base, goal, run, times: [] });
const loopOf = (opened, names, name) => opened.loop[Object.keys(names).indexOf(name)];
for (const name of Object.keys(PROBES)) row(`${name}: a native loop`, `bench:${name}`, loopOf(native, PROBES, name));
for (const name of Object.keys(OLD)) row(`${name}: a native loop, dtrace-provider's types`, `bench_old:${name}`, loopOf(nativeOld, OLD, name));

const api = (name, probe, run, goal) => row(name, `bench:${probe}`, run, `${probe}: a native loop`, goal);
const oldApi = (name, probe, run) => row(name, `bench_old:${probe}`, run, `${probe}: a native loop, dtrace-provider's types`);
const [, bareInts, bareText] = native.fire;

api('orders.ints(a, b)', 'ints', (n) => { for (let i = 0; i < n; i += 1) orders.ints(i, i + 1); }, 100);
api('orders.ints.fire(() => [a, b])', 'ints', (n) => { for (let i = 0; i < n; i += 1) orders.ints.fire(() => [i, i + 1]); });
oldApi('probe.fire(() => [a, b])', 'ints', (n) => { for (let i = 0; i < n; i += 1) old.ints.fire(() => [i, i + 1]); });
oldApi('probe.fire(callback, a, b)', 'ints', (n) => {
    const callback = (a, b) => [a, b];
    for (let i = 0; i < n; i += 1) old.ints.fire(callback, i, i + 1);
});
api('the native part\'s function of two integers', 'ints', (n) => { for (let i = 0; i < n; i += 1) bareInts(i, i + 1); });

api('orders.text(text), 64 bytes', 'text', (n) => { for (let i = 0; i < n; i += 1) orders.text(TEXT); }, 150);
api('orders.text.fire(() => [text])', 'text', (n) => { for (let i = 0; i < n; i += 1) orders.text.fire(() => [TEXT]); });
oldApi('probe.fire(() => [text])', 'text', (n) => { for (let i = 0; i < n; i += 1) old.text.fire(() => [TEXT]); });
api('the native part\'s function of a text', 'text', (n) => { for (let i = 0; i < n; i += 1) bareText(TEXT); });

api('orders.none()', 'none', (n) => { for (let i = 0; i < n; i += 1) orders.none(); });
api('orders.requestStart(id, text)', 'requestStart', (n) => { for (let i = 0; i < n; i += 1) orders.requestStart(i, TEXT); });
api('orders.bytes(buffer), 64 bytes', 'bytes', (n) => { for (let i = 0; i < n; i += 1) orders.bytes(BUFFER); });
api('orders.four(id, path, method, status)', 'four', (n) => { for (let i = 0; i < n; i += 1) orders.four(i, '/orders/17', 'GET', 200); });
api('orders.json({ id, ok })', 'json', (n) => { for (let i = 0; i < n; i += 1) orders.json({ id: i, ok: true }); });

/** The probes' images, by provider. */
export const images = { bench: orders.status.path, bench_old: provider.status.path };

/** Whether the probes are watched, or recorded. */
export function areFiring() {
    return Object.keys(PROBES).every((name) => orders[name].enabled);
}

/** Measures each row so often, after one round that isn't counted. */
export function measure(rounds, firings) {
    for (const { run } of rows) run(firings);
    for (let round = 0; round < rounds; round += 1) {
        for (const { run, times } of shuffled(rows)) times.push(time(run, firings));
    }
}
