/**
 * What a firing costs while bpftrace counts: the firings of firings.mjs.
 *
 *     cargo xtask bench node
 *
 * does all of it. By hand, as root:
 *
 *     cargo build --release -p usdt-probes-napi --features bench
 *     cp target/release/libusdt_probes_napi.so target/bench.node
 *     USDT_PROBES_NATIVE=target/bench.node node napi-binding/bench/attached.mjs [--quick] [--json]
 */

import { createRequire } from 'node:module';
import { images, measure, rows } from './firings.mjs';
import { tell } from './rows.mjs';

const { attach, usdt } = createRequire(import.meta.url)('../test/support/bpftrace.js');

const options = new Set(process.argv.slice(2));
const ROUNDS = options.has('--quick') ? 15 : 60;
const FIRINGS = 10_000;

const all = [...new Set(rows.map(({ probe }) => probe))].map((probe) => [probe, ...probe.split(':')]);
const map = (probe) => `@${probe.replace(':', '_')}`;
const session = await attach(Object.fromEntries(
    all.map(([probe, of, name]) => [usdt(images[of], of, name === 'requestStart' ? 'request-start' : name), `${map(probe)} = count();`]),
));
measure(ROUNDS, FIRINGS);
const { maps } = await session.finish();

// Every firing was seen, or the figures mean nothing.
for (const [probe] of all) {
    const expected = rows.filter((one) => one.probe === probe).length * (ROUNDS + 1) * FIRINGS;
    if (maps[map(probe)] !== expected) throw new Error(`${probe}: fired ${expected}, counted ${maps[map(probe)]}`);
}
tell(rows, { json: options.has('--json'), digits: 0 });
