'use strict';

// Where the native part is looked for, and what happens without it.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { packageFor, platformPackage } = require('../lib/platform.js');
const { FAKE, install } = require('./support/installed.js');

const REPORT = `
const { backend, loadError, defineProvider, createDTraceProvider } = require('usdt-probes');
const { status, tick } = defineProvider('orders', { tick: { id: 'u8' } });
tick(1);
console.log(JSON.stringify({ backend, error: loadError && loadError.message, isError: loadError instanceof Error, status }));
`;

function report(installed, env) {
    return JSON.parse(installed.output(['-e', REPORT], env));
}

/** A native part that says where it was found. */
function part(name) {
    return `exports.backend = 'linux'; exports.version = '';
const status = { kind: 'visible', path: '${name}' };
exports.open = () => ({ semaphores: new Uint16Array(1), fire: [() => {}], status, leftOut: [[]] });`;
}

test('each platform has a package, others have none', () => {
    const rows = [
        ['linux', 'x64', true, '@usdt-probes/linux-x64-gnu'],
        ['linux', 'x64', false, '@usdt-probes/linux-x64-musl'],
        ['linux', 'arm64', true, '@usdt-probes/linux-arm64-gnu'],
        ['linux', 'arm64', false, '@usdt-probes/linux-arm64-musl'],
        ['linux', 'ia32', true, null],
        ['darwin', 'x64', null, '@usdt-probes/darwin-x64'],
        ['darwin', 'arm64', null, '@usdt-probes/darwin-arm64'],
        ['freebsd', 'x64', null, '@usdt-probes/freebsd-x64'],
        ['freebsd', 'arm64', null, null],
        ['win32', 'x64', null, null],
    ];
    for (const [platform, arch, glibc, name] of rows) {
        const isGlibc = () => glibc ?? assert.fail('asked for the C library');
        assert.strictEqual(packageFor(platform, arch, isGlibc), name);
    }
});

test('the C library is the one that this process runs on', { skip: process.platform !== 'linux' }, () => {
    const loaded = fs.readFileSync('/proc/self/maps', 'utf8');
    assert.ok(platformPackage().endsWith(/\/ld-musl/.test(loaded) ? '-musl' : '-gnu'));
});

test('without a native part the package is silent and says why', (t) => {
    const { backend, error, isError, status } = report(install(t), {});
    assert.strictEqual(backend, 'none');
    assert.strictEqual(isError, true);
    assert.match(error, /no native part for .*usdt-probes\.node/);
    if (platformPackage() !== null) {
        assert.ok(error.includes(platformPackage()), error);
    }
    assert.deepStrictEqual(status, { kind: 'unavailable', reason: error });
});

test('places are tried in order', (t) => {
    const installed = install(t);
    const kind = (env) => report(installed, env).status.path;
    if (platformPackage() !== null) {
        installed.write(`node_modules/${platformPackage()}/index.js`, part('package'));
        assert.strictEqual(kind({}), 'package');
    }
    // What is loaded by this name is a library: text can't be one, and the next place is tried.
    installed.write('node_modules/usdt-probes/native/usdt-probes.node', 'not a library');
    assert.strictEqual(kind({}), platformPackage() === null ? undefined : 'package');
    fs.rmSync(path.join(installed.home, 'native'), { recursive: true });
    // A directory of this name is loaded as JavaScript, so it can stand in for a library.
    installed.write('node_modules/usdt-probes/native/usdt-probes.node/index.js', part('local'));
    assert.strictEqual(kind({}), 'local');
    const given = installed.write('given.js', part('given'));
    assert.strictEqual(kind({ USDT_PROBES_NATIVE: given }), 'given');
    assert.strictEqual(kind({ USDT_PROBES_NATIVE: './given.js' }), 'given');
    assert.strictEqual(kind({ USDT_PROBES_NATIVE: '' }), 'local');
    assert.strictEqual(kind({ USDT_PROBES_NATIVE: '/nowhere.node' }), 'local');
    const strange = installed.write('strange.js', 'module.exports = {};');
    assert.strictEqual(kind({ USDT_PROBES_NATIVE: strange }), 'local');
    const throwing = installed.write('throwing.js', 'throw undefined;');
    assert.strictEqual(kind({ USDT_PROBES_NATIVE: throwing }), 'local');
    const { error } = report(installed, { USDT_PROBES_NATIVE: given });
    assert.strictEqual(error, null);
});

test('a program can ask for the error', (t) => {
    const installed = install(t);
    for (const name of ['USDT_PROBES_REQUIRE', 'NODE_DTRACE_PROVIDER_REQUIRE']) {
        for (const load of ["require('usdt-probes')", "import('usdt-probes')"]) {
            const { status, stderr } = installed.run(['-e', load], { [name]: 'hard' });
            assert.strictEqual(status, 1);
            assert.match(stderr, /Error: no native part for/);
        }
        assert.strictEqual(installed.output(['-e', "require('usdt-probes')"], { [name]: 'soft' }), '');
        const loaded = { [name]: 'hard', USDT_PROBES_NATIVE: FAKE };
        assert.strictEqual(installed.output(['-e', "require('usdt-probes')"], loaded), '');
    }
});

test('without a native part definitions are checked all the same', (t) => {
    const installed = install(t);
    const program = `
        const assert = require('node:assert');
        const { createDTraceProvider, defineProvider, DTraceProvider } = require('usdt-probes');
        assert.throws(() => defineProvider('or-ders', {}), TypeError);
        assert.throws(() => defineProvider('orders', { tick: { id: 'u128' } }), TypeError);
        assert.throws(() => createDTraceProvider(7), TypeError);
        const provider = createDTraceProvider('node-app');
        assert.throws(() => provider.enable(), Error);
        const probe = provider.addProbe('p', 'int');
        provider.enable();
        assert.strictEqual(probe.fire(() => assert.fail()), undefined);
        assert.strictEqual(provider.fire('p', () => assert.fail()), true);
        assert.strictEqual(provider.fire('q', () => assert.fail()), undefined);
        assert.throws(() => probe.fire(1), TypeError);
        assert.strictEqual(provider.removeProbe(probe), true);
        console.log('done');`;
    assert.strictEqual(installed.output(['-e', program]), 'done\n');
});

test('the stand-in refuses what the native part refuses', () => {
    const { silent } = require('../lib/silent.js');
    const { open } = silent('why');
    const probe = (name, n = 0) => ({ name, doc: '', args: Array(n).fill(['a', 1]) });
    const wrong = [
        ['a-b', []],
        ['', []],
        ['p', [probe('')]],
        ['p', [probe('a b')]],
        ['p', [probe('a'), probe('a')]],
        ['p', [probe('a-b'), probe('a__b')]],
        ['p', [probe('a', 33)]],
    ];
    for (const args of wrong) {
        assert.throws(() => open(...args), { name: 'TypeError', code: 'ERR_USDT_DEFINITION' });
    }
    assert.deepStrictEqual(open('p', [probe('a', 32)]), {
        semaphores: null,
        fire: open('p', [probe('a')]).fire,
        status: { kind: 'unavailable', reason: 'why' },
        leftOut: [[]],
    });
});
