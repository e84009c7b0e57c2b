/**
 * What a firing costs while bpftrace counts: from JavaScript through the native part, and in a native loop over the same
 * image. The difference is the price of JavaScript.
 *
 *     cargo build --release -p usdt-probes-napi --features bench
 *     cp target/release/libusdt_probes_napi.so target/bench.node
 *     USDT_PROBES_NATIVE=target/bench.node node napi-binding/bench/attached.mjs
 *
 * All rows run in turns, many times. The table shows the least of each row, in ns a firing, the spread (how far the median
 * is above it), and how much more than the native loop it is, with the goal for that.
 */

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { attach, usdt } = require('../test/support/bpftrace.js');
const { open } = require('../test/support/native.js');

const ROUNDS = 40;
const FIRINGS = 10_000;
const TEXT = 'a path of sixty-four bytes, which is what a request may look lik';
const BUFFER = Buffer.from(TEXT);

const probes = {
  none: {},
  ints: { a: 'u64', b: 'i64' },
  text: { text: 'str' },
  bytes: { bytes: 'bytes' },
  four: { a: 'u64', path: 'str', method: 'str', status: 'u16' },
  bigints: { a: 'u64', b: 'i64' },
  float: { f: 'f64' },
};
const { fire, loop, status } = open('bench', probes);
if (loop === undefined) throw new Error('build the native part with `--features bench`');
const at = (name) => Object.keys(probes).indexOf(name);

/** Rows: the name, the probe, the loop, the goal above the native loop in ns. */
const rows = [];
for (const name of Object.keys(probes)) rows.push([`${name}, native`, name, loop[at(name)]]);
const row = (what, name, run, goal) => rows.push([what, name, run, goal]);
/* Each loop is a function of its own, so that each call site sees one function. */
const [none, ints, text, bytes, four, bigints, float] = fire;
row('none', 'none', (n) => { for (let i = 0; i < n; i++) none(); });
row('ints', 'ints', (n) => { for (let i = 0; i < n; i++) ints(i, i + 1); }, 100);
row('text, 64 bytes', 'text', (n) => { for (let i = 0; i < n; i++) text(TEXT); }, 150);
row('four: int, 2 strings, int', 'four', (n) => { for (let i = 0; i < n; i++) four(i, '/orders/17', 'GET', 200); });
row('bytes, a Buffer of 64', 'bytes', (n) => { for (let i = 0; i < n; i++) bytes(BUFFER); });
row('two bigints', 'bigints', (n) => { for (let i = 0; i < n; i++) bigints(7n, -7n); });
row('float', 'float', (n) => { for (let i = 0; i < n; i++) float(i + 0.5); });

const programs = Object.fromEntries(Object.keys(probes).map((name) => [usdt(status.path, 'bench', name), `@${name} = count();`]));
const session = await attach(programs);
const times = rows.map(() => []);
for (let round = 0; round < ROUNDS; round++) {
  rows.forEach(([, , run], i) => {
    const start = process.hrtime.bigint();
    run(FIRINGS);
    times[i].push(Number(process.hrtime.bigint() - start) / FIRINGS);
  });
}
const { maps } = await session.finish();

const least = (list) => Math.min(...list);
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const native = Object.fromEntries(rows.flatMap(([what, name], i) => (what.endsWith('native') ? [[name, least(times[i])]] : [])));
console.log(`Node ${process.version}, ${ROUNDS} rounds of ${FIRINGS} firings, counted by bpftrace`);
console.log('firing                       ns   spread   above native   ratio   goal');
rows.forEach(([what, name, , goal], i) => {
  const [ns, base] = [least(times[i]), native[name]];
  const above = base === undefined ? '' : (ns - base).toFixed(1);
  const ratio = base === undefined ? '' : (ns / base).toFixed(2);
  const cells = [ns.toFixed(1).padStart(7), (median(times[i]) - ns).toFixed(1).padStart(8), above.padStart(14), ratio.padStart(7)];
  console.log(what.padEnd(24) + cells.join(' ') + (goal === undefined ? '' : `   ${goal}`));
});

// Every firing was seen, or the figures mean nothing.
for (const name of Object.keys(probes)) {
  const expected = rows.filter(([, probe]) => probe === name).length * ROUNDS * FIRINGS;
  if (maps[`@${name}`] !== expected) throw new Error(`${name}: fired ${expected}, counted ${maps[`@${name}`]}`);
}
