'use strict';

/** The package's second entry, as users have it: what it gives, and that it keeps no program alive. */

const assert = require('node:assert');
const { test } = require('node:test');

const { FAKE, install } = require('./support/installed.js');

const WITH_FAKE = { USDT_PROBES_NATIVE: FAKE };

test('require and import', (t) => {
    const installed = install(t);
    const required = installed.write('main.js', "console.log(require('usdt-probes/node').status.kind)");
    const imported = installed.write('main.mjs', "import { status } from 'usdt-probes/node'; console.log(status.kind)");
    assert.strictEqual(installed.output([required], WITH_FAKE), 'visible\n');
    assert.strictEqual(installed.output([imported], WITH_FAKE), 'visible\n');
});

test('loaded before the program, and by its worker threads', (t) => {
    const installed = install(t);
    const main = installed.write('main.js', `
const { isMainThread, Worker } = require('node:worker_threads');
const { images } = require(${JSON.stringify(FAKE)});
console.log(isMainThread, images.map(({ provider }) => provider).join());
if (isMainThread) new Worker(__filename);`);
    const output = installed.output(['--require', 'usdt-probes/node', main], WITH_FAKE);
    assert.strictEqual(output, 'true node\nfalse node\n');
});

test('where nobody can trace', (t) => {
    const installed = install(t);
    const main = installed.write('main.js', "console.log(require('usdt-probes/node').status.kind)");
    assert.strictEqual(installed.output(['--require', 'usdt-probes/node', main]), 'unavailable\n');
});
