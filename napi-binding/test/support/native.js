'use strict';

/** The native part by itself, and images in a directory of the test's own. */

const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { isMainThread } = require('node:worker_threads');

/** Types of arguments by name: the numbers of the contract. */
const TYPES = {
  u8: 1, i8: 2, u16: 3, i16: 4, u32: 5, i32: 6, u64: 7, i64: 8, bool: 11, f32: 13, f64: 14, pointer: 15, str: 16,
  cstr: 17, bytes: 18, json: 19,
};

/** The file of the native part: `$USDT_PROBES_NATIVE`, or a local build. */
const file = process.env.USDT_PROBES_NATIVE ?? path.join(__dirname, '../../native/usdt-probes.node');

// Workers share the environment of the main thread, and whoever starts a process may have made a directory for it.
if (isMainThread && process.env.USDT_PROBES_TEST_DIR === undefined) {
  const directory = mkdtempSync(path.join(tmpdir(), 'usdt-probes-test-'));
  process.env.USDT_PROBES_TEST_DIR = directory;
  process.env.USDT_PROBES_DIR = directory;
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
}

const native = require(path.resolve(file));

/** Opens a provider: `{ 'probe-name': { argument: 'type' } }`. */
function open(provider, probes) {
  const definition = Object.entries(probes).map(([name, args]) => ({
    name,
    doc: '',
    args: Object.entries(args).map(([arg, type]) => [arg, TYPES[type]]),
  }));
  return native.open(provider, definition);
}

module.exports = { native, open, file, TYPES };
