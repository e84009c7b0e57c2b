'use strict';

// The package where it is loaded in other ways than by `require` in a plain process.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { bundle } = require('./support/bundle.js');
const { FAKE, install } = require('./support/installed.js');

/** Defines a provider in each way, lets a tracer watch, fires, and prints what arrived. */
const USE = `
function use({ defineProvider, createDTraceProvider }, fake) {
    const orders = defineProvider('orders', { tick: { id: 'u8' } });
    const provider = createDTraceProvider('app');
    const probe = provider.addProbe('p', 'int', 'json');
    provider.enable();
    fake.watch('orders', 'tick');
    fake.watch('app', 'p');
    orders.tick(7);
    probe.fire((x) => [x, { x }], 8);
    console.log(JSON.stringify([fake.firings('orders', 'tick'), fake.firings('app', 'p')]));
}
`;
const ARRIVED = '[[[7]],[[8,"{\\"x\\":8}"]]]\n';
const WITH_FAKE = { USDT_PROBES_NATIVE: FAKE };
const FAKE_IS = `const fake = require(${JSON.stringify(FAKE)});`;

function prints(t, file, source, { flags = [], output = ARRIVED } = {}) {
    const installed = install(t);
    assert.strictEqual(installed.output([...flags, installed.write(file, source)], WITH_FAKE), output);
}

/** Before 24 V8 says on its own that `--jitless` takes WebAssembly away; later Node has no such switch. */
const JITLESS = parseInt(process.versions.node, 10) < 24 ? ['--jitless', '--no-expose-wasm'] : ['--jitless'];

const FLAGS = [
    JITLESS,
    ['--frozen-intrinsics', '--no-warnings'],
    ['--disallow-code-generation-from-strings'],
    ['--disable-proto=delete'],
    ['--disable-proto=throw'],
    ['--stack-size=200'],
    ['--no-opt'],
];
for (const flags of FLAGS) {
    test(`node ${flags.join(' ')}`, (t) => {
        prints(t, 'main.js', `${USE}${FAKE_IS} use(require('usdt-probes'), fake);`, { flags });
    });
}

test('import', (t) => {
    const source = `
import { createRequire } from 'node:module';
import all, { defineProvider, createDTraceProvider, DTraceProvider, backend, loadError } from 'usdt-probes';
import * as everything from 'usdt-probes';
import assert from 'node:assert';
const require = createRequire(import.meta.url);
const required = require('usdt-probes');
assert.strictEqual(required, all);
assert.strictEqual(required.defineProvider, defineProvider);
assert.strictEqual(required.DTraceProvider, DTraceProvider);
assert.deepStrictEqual([backend, loadError], ['linux', null]);
assert.deepStrictEqual(Object.keys(everything).sort(), ['default', ...Object.keys(required)].sort());
${USE}${FAKE_IS} use({ defineProvider, createDTraceProvider }, fake);`;
    prints(t, 'main.mjs', source);
});

test('require by the name dtrace-provider', (t) => {
    const installed = install(t);
    fs.renameSync(installed.home, path.join(installed.directory, 'node_modules/dtrace-provider'));
    const main = installed.write('main.js', `${USE}${FAKE_IS} use(require('dtrace-provider'), fake);`);
    assert.strictEqual(installed.output([main], WITH_FAKE), ARRIVED);
});

test('worker threads', (t) => {
    const source = `${USE}
const { isMainThread, Worker } = require('node:worker_threads');
${FAKE_IS}
if (isMainThread) {
    use(require('usdt-probes'), fake);
    new Worker(__filename).on('exit', (code) => code === 0 && new Worker(__filename));
} else {
    use(require('usdt-probes'), fake);
}`;
    prints(t, 'main.js', source, { output: ARRIVED.repeat(3) });
});

test('cluster', (t) => {
    const source = `${USE}
const cluster = require('node:cluster');
${FAKE_IS}
use(require('usdt-probes'), fake);
if (cluster.isPrimary) {
    cluster.fork().on('exit', (code) => code === 0 && cluster.fork());
} else {
    cluster.worker.disconnect();
}`;
    prints(t, 'main.js', source, { output: ARRIVED.repeat(3) });
});

test('code in a vm context uses the package', (t) => {
    const source = `${FAKE_IS}
const usdtProbes = require('usdt-probes');
require('node:vm').runInNewContext(${JSON.stringify(`${USE} use(usdtProbes, fake);`)}, { usdtProbes, fake, console });`;
    prints(t, 'main.js', source);
});

test('the package is loaded within a vm context', (t) => {
    // As test runners do it: every file is a function that was compiled in the context.
    const source = `
const vm = require('node:vm');
const fs = require('node:fs');
const path = require('node:path');
${FAKE_IS}
const context = vm.createContext({ process, console });
const cache = {};
function load(file) {
    if (!cache[file]) {
        const module = (cache[file] = { exports: {} });
        const source = '(function (module, exports, require, __filename) {' + fs.readFileSync(file) + '\\n})';
        const wrapped = vm.runInContext(source, context);
        const inner = (id) => (id.startsWith('.') ? load(path.resolve(path.dirname(file), id)) : require(id));
        wrapped(module, module.exports, inner, file);
    }
    return cache[file].exports;
}
${USE} use(load(require.resolve('usdt-probes')), fake);`;
    prints(t, 'main.js', source);
});

/** The fake native part is in the bundle too, and comes out of it in place of a library: code can't be loaded so early. */
const SNAPSHOT = `
const { startupSnapshot } = require('node:v8');
const fake = load('fake.js');
startupSnapshot.addDeserializeCallback(() => {
    process.dlopen = (module, file) => {
        console.log('loaded', require('node:path').basename(file));
        module.exports = fake;
    };
});
const usdtProbes = load('index.js');
const orders = usdtProbes.defineProvider('orders', { tick: { id: 'u8' } });
const silenced = usdtProbes.defineProvider('silenced', { tick: { id: 'u8' } });
silenced.disable();
const provider = usdtProbes.createDTraceProvider('app');
const probe = provider.addProbe('p', 'int', 'json');
provider.enable();
orders.tick(1);
probe.fire(() => [1, 1]);
console.log(usdtProbes.backend, orders.status.kind, silenced.status.kind, usdtProbes.recorder.start().reason);
startupSnapshot.setDeserializeMainFunction(() => {
    console.log(usdtProbes.backend, orders.status.kind, silenced.status.kind, usdtProbes.loadError);
    console.log(usdtProbes.recorder.start().kind, usdtProbes.recorder.isRunning());
    fake.watch('orders', 'tick');
    fake.watch('app', 'p');
    orders.tick(7);
    probe.fire((x) => [x, { x }], 8);
    console.log(JSON.stringify([fake.firings('orders', 'tick'), fake.firings('app', 'p')]));
    orders.add({ later: {} });
    fake.watch('orders', 'later');
    silenced.enable();
    fake.watch('silenced', 'tick');
});
`;

test('a startup snapshot', (t) => {
    const installed = install(t);
    const main = installed.write('main.js', bundle(SNAPSHOT, { 'fake.js': FAKE }));
    const library = { USDT_PROBES_NATIVE: installed.write('library.node', ''), USDT_PROBES_REQUIRE: 'hard' };
    // While it is built nothing native may be loaded: this file is no library, and that would be an error.
    const quiet = process.version.startsWith('v18') ? ['--no-warnings'] : []; // its warning that this is new
    const built = installed.output(['--snapshot-blob', 'snapshot.blob', '--build-snapshot', main], library);
    assert.strictEqual(built, 'none unavailable unavailable the startup snapshot is still being built\n');
    const started = installed.output([...quiet, '--snapshot-blob', 'snapshot.blob'], library);
    assert.strictEqual(started, `loaded library.node\nlinux visible unavailable null\nstarted true\n${ARRIVED}`);
});
