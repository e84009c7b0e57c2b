/**
 * What a firing costs while it is recorded and nobody traces: the firings of firings.mjs. By hand, as any user:
 *
 *     cargo build --release -p usdt-probes-napi --features bench
 *     cp target/release/libusdt_probes_napi.so target/bench.node
 *     USDT_PROBES_NATIVE=target/bench.node node napi-binding/bench/recorded.mjs [--quick] [--json]
 */

import { recorder } from '../index.mjs';
import { areFiring, measure, rows } from './firings.mjs';
import { tell } from './rows.mjs';

const options = new Set(process.argv.slice(2));

const { kind, reason } = recorder.start();
if (kind !== 'started') throw new Error(reason);
if (!areFiring()) throw new Error('not all probes are recorded');
measure(options.has('--quick') ? 15 : 60, 50_000);
recorder.stop();
if (areFiring()) throw new Error('somebody traces');
// Goals are about traced firings.
tell(rows.map((row) => ({ ...row, goal: undefined })), { json: options.has('--json'), digits: 0 });
