'use strict';

// Arguments of the type `stack`: what tracers get, and that the program's own settings of `Error` are left alone.

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const test = require('node:test');

const { defineProvider, fake, unique } = require('./support/with-fake.js');

/** A probe that is watched, and what tracers got from it. */
function watched(args) {
    const name = unique();
    const { probe } = defineProvider(name, { probe: args });
    fake.watch(name, 'probe');
    return { probe, firings: () => fake.firings(name, 'probe') };
}

/** The last stack that arrived, by lines. */
function framesOf({ firings }) {
    return firings().at(-1)[0].split('\n');
}

test('the stack begins with who fired', () => {
    const one = watched({ stack: 'stack' });
    (function outer() {
        (function inner() {
            one.probe();
        })();
    })();
    const [first, second, ...rest] = framesOf(one);
    assert.match(first, /^inner \(.*stack\.test\.js:\d+:\d+\)$/);
    assert.match(second, /^outer \(.*stack\.test\.js:\d+:\d+\)$/);
    assert.ok(rest.every((line) => !line.includes(path.join('napi-binding', 'lib'))));
});

test('nothing is passed for a stack, wherever it stands', () => {
    const one = watched({ id: 'u64', stack: 'stack', text: 'string', again: 'stack' });
    assert.strictEqual(one.probe.length, 2);
    one.probe(7, 'called');
    one.probe.fire(() => [8, 'fired']);
    one.probe(9);
    const seen = one.firings();
    assert.deepStrictEqual(seen.map(([id, , text]) => [id, text]), [[7, 'called'], [8, 'fired'], [9, 'undefined']]);
    for (const [, stack, , again] of seen) {
        assert.match(stack, /^.*stack\.test\.js:\d+:\d+/);
        assert.strictEqual(stack, again);
    }
});

test('64 frames at most, whatever the limit is', (t) => {
    const { stackTraceLimit } = Error;
    t.after(() => {
        Error.stackTraceLimit = stackTraceLimit;
    });
    const one = watched({ stack: 'stack' });
    const deep = (n) => (n === 0 ? one.probe() : deep(n - 1));
    for (const limit of [0, 3, 1000, 'none']) {
        Error.stackTraceLimit = limit;
        deep(100);
        assert.strictEqual(framesOf(one).length, 64);
        assert.strictEqual(Error.stackTraceLimit, limit);
    }
    delete Error.stackTraceLimit;
    deep(100);
    assert.strictEqual(framesOf(one).length, 64);
    assert.strictEqual('stackTraceLimit' in Error, false);
});

test("the program's prepareStackTrace isn't run and stays", (t) => {
    const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
    t.after(() => {
        delete Error.prepareStackTrace;
        if (before) {
            Object.defineProperty(Error, 'prepareStackTrace', before);
        }
    });
    const own = t.mock.fn(() => {
        throw new Error('must not be run');
    });
    const one = watched({ stack: 'stack' });
    Error.prepareStackTrace = own;
    one.probe();
    assert.match(framesOf(one)[0], /stack\.test\.js/);
    assert.strictEqual(Error.prepareStackTrace, own);

    const get = t.mock.fn(() => own);
    Object.defineProperty(Error, 'prepareStackTrace', { get, configurable: true, enumerable: false });
    one.probe();
    assert.match(framesOf(one)[0], /stack\.test\.js/);
    assert.strictEqual(Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace').get, get);
    assert.deepStrictEqual([own.mock.callCount(), get.mock.callCount()], [0, 0]);
});

/** What a program of its own prints, which has `fire` and `stack` (what arrived last). */
function ran(t, flags, source, map) {
    const directory = mkdtempSync(path.join(tmpdir(), 'usdt-probes-stack-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const file = path.join(directory, 'program.js');
    writeFileSync(file, source.replace('SUPPORT', JSON.stringify(require.resolve('./support/with-fake.js'))));
    if (map !== undefined) {
        writeFileSync(`${file}.map`, JSON.stringify(map));
    }
    return execFileSync(process.execPath, [...flags, file], { encoding: 'utf8' });
}

const PROGRAM = `const { defineProvider, fake } = require(SUPPORT); const { probe } = defineProvider('p', { probe: { stack: 'stack' } });
fake.watch('p', 'probe');
function fired() { probe(); return fake.firings('p', 'probe').at(-1)[0].split('\\n')[0]; }
`;

test('source maps are followed', (t) => {
    // Each line of the program is the eleventh and following of `written.ts`.
    const map = { version: 3, file: 'program.js', sources: ['written.ts'], names: [], mappings: 'AAUA;AACA;AACA;AACA' };
    const source = `${PROGRAM}console.log(fired());\n//# sourceMappingURL=program.js.map\n`;
    assert.match(ran(t, ['--enable-source-maps'], source, map), /^fired \(.*written\.ts:13:1\)\n$/);
    assert.match(ran(t, [], source, map), /^fired \(.*program\.js:3:\d+\)\n$/);
});

test('a frozen Error is no harm', (t) => {
    assert.match(ran(t, [], `${PROGRAM}Object.freeze(Error);\nconsole.log(fired());\n`), /^fired \(.*program\.js:3:\d+\)\n$/);
    assert.match(ran(t, ['--frozen-intrinsics'], `${PROGRAM}console.log(fired());\n`), /^fired \(.*program\.js:3:\d+\)\n$/);
});
