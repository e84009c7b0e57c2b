'use strict';

// What each type makes of a value before the native part gets it.

const assert = require('node:assert');
const test = require('node:test');

const { createDTraceProvider, defineProvider, fake, unique } = require('./support/with-fake.js');
const hostile = require('./support/hostile.js');

/** What the native part gets for each value of a probe with one argument of this type. */
function passed(type, values) {
    const name = unique();
    const { p } = defineProvider(name, { p: { value: type } });
    fake.watch(name, 'p');
    values.forEach((value) => p(value));
    return fake.firings(name, 'p').map(([value]) => value);
}

function table(type, rows) {
    const got = passed(type, rows.map(([value]) => value));
    rows.forEach(([value, wanted], i) => {
        assert.deepStrictEqual(got[i], wanted, `${type}: row ${i}, ${typeof value}`);
    });
}

const { values: evil } = hostile;

test('numbers', () => {
    for (const type of ['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64', 'pointer']) {
        table(type, [
            [7, 7],
            [-1.5, -1.5],
            [NaN, NaN],
            [7n, 7n],
            [true, true],
            ['0x10', '0x10'],
            [null, null],
            [undefined, undefined],
        ]);
    }
});

test('objects are no numbers, and are not asked for one', () => {
    const objects = [new Date(5), new Number(6), [7], { valueOf: () => 8 }, ...Object.values(evil).filter((value) => Object(value) === value)];
    for (const type of ['i64', 'u8', 'f64', 'pointer']) {
        passed(type, [...objects, () => 1, Symbol('x')]).forEach((value) => assert.ok(value === null || value === 0));
    }
});

test('truth', () => {
    table('bool', [
        [true, true], [false, false], [1, true], [0, false], ['', false], ['x', true], [null, false], [undefined, false],
        [NaN, false], [0n, false], [{}, true], [evil['a revoked proxy'], true], [Symbol('x'), true],
    ]);
});

test('text', () => {
    table('string', [
        ['x', 'x'],
        ['a\0b', 'a\0b'],
        ['a\ud800b', 'a\ud800b'],
        [null, 'null'],
        [undefined, 'undefined'],
        [1.5, '1.5'],
        [1e21, '1e+21'],
        [-0, '0'],
        [7n, '7'],
        [false, 'false'],
        [[1, [2, 3]], '1,2,3'],
        [{}, '[object Object]'],
        [Symbol('s'), 'Symbol(s)'],
        [{ toString: () => 'mine' }, 'mine'],
        [evil['an object whose conversions throw'], 'undefined'],
        [evil['an object without a prototype'], 'undefined'],
        [evil['a revoked proxy'], 'undefined'],
        ['x'.repeat(1 << 20), 'x'.repeat(1 << 20)],
    ]);
});

test('JSON', () => {
    const failed = '{ "error": "stringify failed" }';
    table('json', [
        [{ a: [1, 'x', null] }, '{"a":[1,"x",null]}'],
        ['x', '"x"'],
        [7, '7'],
        [null, 'null'],
        [undefined, 'undefined'],
        [{ toJSON: () => 'mine' }, '"mine"'],
        ['a\ud800b', '"a\\ud800b"'],
        [() => 1, failed],
        [Symbol('s'), failed],
        [7n, failed],
        [{ toJSON: () => undefined }, failed],
        [evil['a ring'], failed],
        [evil['an object with throwing getters'], failed],
        [evil['a revoked proxy'], failed],
    ]);
});

test('bytes', () => {
    const view = new Uint8Array([1, 2]);
    const rows = [view, view.buffer, Buffer.from('x'), new DataView(view.buffer), new Float64Array(1), 'text'];
    passed('bytes', rows).forEach((value, i) => assert.strictEqual(value, rows[i]));
    table('bytes', [[null, null], [undefined, null], [7, null], [{}, null], [[1], null], [new Proxy(view, {}), null]]);
});

test('JSON.stringify and others are taken when the package is loaded', () => {
    const name = unique();
    const probe = createDTraceProvider(name).addProbe('p', 'json', 'char *', 'int');
    probe.__prov__.enable();
    fake.watch(name, 'p');
    const kept = [JSON.stringify, globalThis.String, globalThis.Number, Array.isArray, Reflect.apply];
    try {
        JSON.stringify = globalThis.String = globalThis.Number = Array.isArray = Reflect.apply = hostile.bomb;
        probe.fire(() => [{}, {}, {}]);
    } finally {
        [JSON.stringify, globalThis.String, globalThis.Number, Array.isArray, Reflect.apply] = kept;
    }
    assert.deepStrictEqual(fake.firings(name, 'p'), [['{}', '[object Object]', null]]);
});

test('the types of dtrace-provider', () => {
    const name = unique();
    const probe = createDTraceProvider(name).addProbe('p', 'int', 'char *', 'json', 'other');
    probe.__prov__.enable();
    fake.watch(name, 'p');
    probe.fire(() => []);
    probe.fire(() => [1, 2, 3, 4, 5]);
    probe.fire(() => [null, null, null, null]);
    probe.fire(() => ['7', Symbol('s'), () => 1, Object.create(null)]);
    assert.deepStrictEqual(fake.firings(name, 'p'), [
        [undefined, 'undefined', 'undefined', 'undefined'],
        [1, '2', '3', '4'],
        [null, 'null', 'null', 'null'],
        ['7', 'Symbol(s)', '{ "error": "stringify failed" }', 'undefined'],
    ]);
});
