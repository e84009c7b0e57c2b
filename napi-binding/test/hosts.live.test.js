'use strict';

/** The package in the ways that a program may be loaded and run, and one bpftrace that sees all of them. */

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const path = require('node:path');
const { before, test } = require('node:test');
const { pathToFileURL } = require('node:url');

const { observe } = require('./support/bpftrace.js');
const { bundle } = require('./support/bundle.js');
const { PACKAGE, Program, STEP, directory } = require('./support/program.js');
const { inImages } = require('./support/watch.js');

const images = directory();
const files = directory();
const native = process.env.USDT_PROBES_NATIVE ?? path.join(PACKAGE, 'native/usdt-probes.node');

/** A file that holds a program. */
function written(name, text) {
    const file = path.join(files, name);
    writeFileSync(file, text);
    return file;
}

/** What each program does with the package: it fires its number. */
function use({ createDTraceProvider, defineProvider }, number) {
    const orders = defineProvider('orders', { tick: { n: 'u64', text: 'string' } });
    const app = createDTraceProvider('app');
    const probe = app.addProbe('tick', 'int', 'json');
    app.enable();
    orders.tick(number, 'text');
    orders.tick.fire(() => [number, 'callback']);
    return [orders.tick.enabled, probe.fire((x) => [number, { x }], 'argument') ?? null];
}

const RUN = `${STEP}${use}`;
const FIRED = [true, true];
const SEEN = ['app {"x":"argument"}', 'orders callback', 'orders text'];

const commonJs = (number) => `${RUN} tell(use(require(${JSON.stringify(PACKAGE)}), ${number}));`;

const ecmaScript = (number) => `
import { createRequire } from 'node:module';
import { createDTraceProvider, defineProvider, backend } from ${JSON.stringify(pathToFileURL(`${PACKAGE}/index.mjs`))};
if (backend !== 'linux') throw new Error(backend);
const require = createRequire(import.meta.url);
${RUN} tell(use({ createDTraceProvider, defineProvider }, ${number}));`;

/** The package is this context's, and all code and values are the other's. */
const inContext = (number) => `${STEP}
const usdtProbes = require(${JSON.stringify(PACKAGE)});
const fired = require('node:vm').runInNewContext(${JSON.stringify(`(${use})(usdtProbes, ${number})`)}, { usdtProbes });
tell([...fired]);`;

/** The provider is defined while the snapshot is built; what fires is the process that starts from it. */
const SNAPSHOT = `
const { startupSnapshot } = require('node:v8');
const { createDTraceProvider, defineProvider } = load('index.js');
const orders = defineProvider('orders', { tick: { n: 'u64', text: 'string' } });
const app = createDTraceProvider('app');
const probe = app.addProbe('tick', 'int', 'json');
app.enable();
orders.tick(0, 'too early');
startupSnapshot.setDeserializeMainFunction(() => {
    const number = Number(process.argv.at(-1));
    orders.tick(number, 'text');
    orders.tick.fire(() => [number, 'callback']);
    const fired = [orders.tick.enabled, probe.fire((x) => [number, { x }], 'argument') ?? null];
    console.log(JSON.stringify(fired));
});`;

/** Builds the snapshot, and gives the arguments of a Node that starts from it. */
function snapshot(number) {
    const blob = path.join(files, 'snapshot.blob');
    const main = written('snapshot.js', bundle(SNAPSHOT));
    const options = { env: { ...process.env, USDT_PROBES_NATIVE: native, USDT_PROBES_DIR: images }, stdio: 'pipe' };
    execFileSync(process.execPath, ['--snapshot-blob', blob, '--build-snapshot', main], options);
    return ['--no-warnings', '--snapshot-blob', blob, String(number)];
}

/** Before 24 V8 says on its own that `--jitless` takes WebAssembly away; later Node has no such switch. */
const JITLESS = parseInt(process.versions.node, 10) < 24 ? ['--jitless', '--no-expose-wasm'] : ['--jitless'];

/** The arguments of Node, for the number that the program fires. */
const HOSTS = {
    'CommonJS': (number) => ['-e', commonJs(number)],
    'an ES module': (number) => [written('main.mjs', ecmaScript(number))],
    'a vm context': (number) => ['-e', inContext(number)],
    'a startup snapshot': snapshot,
    'without a JIT compiler': (number) => [...JITLESS, '-e', commonJs(number)],
    'with frozen intrinsics': (number) => ['--frozen-intrinsics', '--no-warnings', '-e', commonJs(number)],
    'without code from strings': (number) => ['--disallow-code-generation-from-strings', '-e', commonJs(number)],
    'before the program': (number) => ['--require', written('before.js', commonJs(number)), '-e', ''],
};

const programs = Object.fromEntries(['orders', 'app'].map((provider) =>
    [inImages(images, provider, 'tick'), `printf("%d ${provider} %s\\n", arg0, str(arg1));`]));

let lines;
let told;
before(async () => {
    const hosts = Object.values(HOSTS).map((args, i) => args(i + 1));
    const env = { USDT_PROBES_DIR: images, USDT_PROBES_NATIVE: native };
    const run = async (args) => {
        const program = new Program(args, env);
        const fired = await program.told();
        await program.ended();
        return fired;
    };
    // The images are there, and bpftrace before the programs.
    assert.deepEqual(await run(['-e', commonJs(0)]), [false, null]);
    ({ lines } = await observe(programs, async () => {
        told = [];
        for (const args of hosts) {
            told.push(await run(args));
        }
    }));
});

Object.keys(HOSTS).forEach((name, i) => {
    test(name, () => {
        const mine = lines.filter((line) => line.startsWith(`${i + 1} `)).map((line) => line.slice(`${i + 1} `.length));
        assert.deepEqual(told[i], FIRED);
        assert.deepEqual(mine.sort(), SEEN);
    });
});
