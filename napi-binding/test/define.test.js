'use strict';

// defineProvider: what it defines, what it refuses, and what its probes do.

const assert = require('node:assert');
const test = require('node:test');
const { setFlagsFromString } = require('node:v8');
const vm = require('node:vm');

const { defineProvider, fake, unique } = require('./support/with-fake.js');
const hostile = require('./support/hostile.js');

function imagesOf(name) {
    return fake.images.filter((image) => image.provider === name);
}

test('a definition reaches the native part', () => {
    const name = unique();
    defineProvider(name, {
        requestStart: { id: 'u64', path: 'string' },
        requestDone: { doc: 'It is done.', args: { id: 'u64', ok: 'bool' } },
        renamed: { name: 'other-name', args: {} },
        tick: {},
        argumentCalledArgs: { args: 'json' },
        argumentCalledName: { name: 'string', doc: 'i8' },
    });
    assert.deepStrictEqual(imagesOf(name).map(({ probes }) => probes), [
        [
            { name: 'request-start', doc: '', args: [['id', 7], ['path', 16]] },
            { name: 'request-done', doc: 'It is done.', args: [['id', 7], ['ok', 11]] },
            { name: 'other-name', doc: '', args: [] },
            { name: 'tick', doc: '', args: [] },
            { name: 'argument-called-args', doc: '', args: [['args', 19]] },
            { name: 'argument-called-name', doc: '', args: [['name', 16], ['doc', 2]] },
        ],
    ]);
});

test('the types', () => {
    const name = unique();
    const codes = {
        u8: 1, i8: 2, u16: 3, i16: 4, u32: 5, i32: 6, u64: 7, i64: 8,
        bool: 11, f32: 13, f64: 14, pointer: 15, string: 16, bytes: 18, json: 19, stack: 16,
    };
    defineProvider(name, { all: Object.fromEntries(Object.keys(codes).map((type) => [type, type])) });
    assert.deepStrictEqual(imagesOf(name)[0].probes[0].args, Object.entries(codes));
});

test('what tracers call a property', () => {
    const names = {
        requestStart: 'request-start',
        request_start: 'request_start',
        'request-start2': 'request-start2',
        request__begin: 'request__begin',
        camelCase_kept: 'camelCase_kept',
        RequestEnd: 'request-end',
        parseHTTPRequest: 'parse-http-request',
        http2Start: 'http2-start',
        x: 'x',
        ID: 'id',
        gc: 'gc',
    };
    const name = unique();
    defineProvider(name, Object.fromEntries(Object.keys(names).map((key) => [key, {}])));
    assert.deepStrictEqual(imagesOf(name)[0].probes.map((probe) => probe.name), Object.values(names));
});

test('wrong definitions', () => {
    const manyArguments = (n) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`a${i}`, 'u8']));
    const wrong = [
        [[], /name of the provider/],
        [[7, {}], /name of the provider/],
        [['', {}], /at least one character/],
        [['or-ders', {}], /letters, digits and _/],
        [['1orders', {}], /digit/],
        [['p'.repeat(54), {}], /54 bytes/],
        [['orders'], /probes must be an object/],
        [['orders', null], /probes must be an object/],
        [['orders', []], /probes must be an object/],
        [['orders', 'tick'], /probes must be an object/],
        [['orders', { tick: null }], /definition must be an object/],
        [['orders', { tick: 'u8' }], /definition must be an object/],
        [['orders', { tick: ['u8'] }], /definition must be an object/],
        [['orders', { tick: { id: 'u128' } }], /argument 'id' must be one of u8/],
        [['orders', { tick: { id: 8 } }], /argument 'id'/],
        [['orders', { tick: { id: ['u8'] } }], /argument 'id'/],
        [['orders', { tick: { id: 'toString' } }], /argument 'id'/],
        [['orders', { tick: { id: '__proto__' } }], /argument 'id'/],
        [['orders', { tick: { args: { id: {} } } }], /argument 'id'/],
        [['orders', { tick: { 1: 'u8' } }], /'1' is no name/],
        [['orders', { tick: { 'a b': 'u8' } }], /'a b' is no name/],
        [['orders', { tick: manyArguments(33) }], /33 arguments/],
        [['orders', { tick: { name: 7, args: {} } }], /name must be a string/],
        [['orders', { tick: { name: 'a b', args: {} } }], /'a b'/],
        [['orders', { tick: { doc: 7, args: {} } }], /doc must be a string/],
        [['orders', { tick: { doc: 'a\0b', args: {} } }], /doc must be a string/],
        [['orders', { tick: { type: 'u8', args: {} } }], /'type' is none of/],
        [['orders', { 'a b': {} }], /'a b'/],
        [['orders', { ['p'.repeat(64)]: {} }], /64 bytes/],
        [['orders', { requestStart: {}, 'request-start': {} }], /another probe/],
        [['orders', { requestStart: {}, request__start: {} }], /another probe/],
        [['orders', { a: {}, b: { name: 'a', args: {} } }], /another probe/],
        [['orders', { enable: {} }], /another property/],
        [['orders', { status: {} }], /another property/],
        [['orders', { then: {} }], /another property/],
        [['orders', { toString: {} }], /another property/],
        [['orders', { constructor: {} }], /another property/],
        [['orders', JSON.parse('{ "__proto__": {} }')], /another property/],
    ];
    const before = fake.images.length;
    for (const [args, message] of wrong) {
        assert.throws(() => defineProvider(...args), (error) => {
            assert.ok(error instanceof TypeError);
            assert.strictEqual(error.code, 'ERR_USDT_DEFINITION');
            assert.match(error.message, message);
            return true;
        });
    }
    assert.strictEqual(fake.images.length, before);
    defineProvider(unique(), { tick: manyArguments(32) });
    defineProvider('p'.repeat(53), { ['p'.repeat(63)]: {} });
    defineProvider(unique(), vm.runInNewContext("({ tick: { id: 'u8' } })"));
});

test('a probe fires while somebody watches', () => {
    const name = unique();
    const { requestStart } = defineProvider(name, { requestStart: { id: 'u64', path: 'string' } });
    assert.strictEqual(requestStart.name, 'requestStart');
    assert.strictEqual(requestStart.length, 2);
    assert.strictEqual(requestStart.enabled, false);
    assert.strictEqual(requestStart(1, '/'), undefined);
    requestStart.fire(() => assert.fail());
    fake.watch(name, 'request-start', 3);
    assert.strictEqual(requestStart.enabled, true);
    assert.strictEqual(requestStart(2, '/'), undefined);
    requestStart(3);
    requestStart(4, '/', 'surplus');
    assert.strictEqual(requestStart.fire(() => [5n, '/']), undefined);
    fake.watch(name, 'request-start', 0);
    requestStart(6, '/');
    assert.deepStrictEqual(fake.firings(name, 'request-start'), [[2, '/'], [3, 'undefined'], [4, '/'], [5n, '/']]);
});

test('probes of any number of arguments', () => {
    const name = unique();
    const counts = Array.from({ length: 33 }, (_, count) => count);
    const numbers = (count) => counts.slice(0, count).map((i) => i + 1);
    const argsOf = (count) => Object.fromEntries(numbers(count).map((i) => [`a${i}`, 'i64']));
    const probes = defineProvider(name, Object.fromEntries(counts.map((count) => [`p${count}`, argsOf(count)])));
    for (const count of counts) {
        const probe = probes[`p${count}`];
        probe(...numbers(count));
        fake.watch(name, `p${count}`);
        assert.strictEqual(probe(...numbers(count)), undefined);
        probe(...numbers(count), 'surplus');
        probe();
        probe.fire(() => numbers(count + 1));
        const [all, none] = [numbers(count), numbers(count).fill(undefined)];
        assert.deepStrictEqual(fake.firings(name, `p${count}`), [all, all, none, all], `${count} arguments`);
        assert.strictEqual(probe.length, count);
    }
});

test('a firing is over when reading its values disables the provider', () => {
    const name = unique();
    const ofTexts = (count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, 'string']));
    const provider = defineProvider(name, { p1: ofTexts(1), p2: ofTexts(2), p3: ofTexts(3), p7: ofTexts(7) });
    const disabling = { toString: () => provider.disable() ?? 'x' };
    for (const probe of ['p1', 'p2', 'p3', 'p7']) {
        fake.watch(name, probe);
        provider[probe](disabling, disabling, disabling);
        provider.enable();
        provider[probe].fire(() => [disabling]);
        provider.enable();
        assert.deepStrictEqual(fake.firings(name, probe), [], probe);
    }
});

test('fire wants a function, and drops what it throws', () => {
    const name = unique();
    const { tick } = defineProvider(name, { tick: { id: 'u8' } });
    for (const watched of [0, 1]) {
        fake.watch(name, 'tick', watched);
        for (const wrong of [undefined, null, 1, [1]]) {
            assert.throws(() => tick.fire(wrong), TypeError);
        }
    }
    for (const callback of [hostile.bomb, () => hostile.revoked([]), () => 1, () => undefined]) {
        tick.fire(callback);
    }
    assert.deepStrictEqual(fake.firings(name, 'tick'), []);
});

test('no value makes a probe of any type throw', () => {
    const types = ['u8', 'i64', 'f32', 'f64', 'bool', 'string', 'bytes', 'pointer', 'json'];
    const name = unique();
    const { every } = defineProvider(name, { every: Object.fromEntries(types.map((type) => [type, type])) });
    fake.watch(name, 'every');
    for (const [what, value] of Object.entries(hostile.values)) {
        const seen = fake.firings(name, 'every').length;
        every(...types.map(() => value));
        every.fire(() => types.map(() => value));
        const fired = fake.firings(name, 'every').slice(seen);
        assert.strictEqual(fired.length, 2, what);
        for (const values of fired) {
            values.forEach((passed, i) => {
                const bytes = ArrayBuffer.isView(passed) || passed instanceof ArrayBuffer;
                assert.ok(
                    types[i] === 'bytes' && bytes ? true : passed === null || !['object', 'function', 'symbol'].includes(typeof passed),
                    `${what} as ${types[i]}`,
                );
            });
        }
    }
});

test('each probe has a semaphore of its own', () => {
    const name = unique();
    const keys = Array.from({ length: 100 }, (_, i) => `probe${i}`);
    const provider = defineProvider(name, Object.fromEntries(keys.map((key) => [key, { i: 'u8' }])));
    for (const key of keys) {
        fake.watch(name, key);
        assert.deepStrictEqual(keys.filter((other) => provider[other].enabled), [key]);
        fake.watch(name, key, 0);
    }
});

test('add', () => {
    const name = unique();
    const orders = defineProvider(name, {});
    assert.strictEqual(orders.status.kind, 'unavailable');
    assert.strictEqual(orders.add({ first: { id: 'u8' } }), orders);
    orders.add({ second: { id: 'u8' }, third: {} });
    assert.strictEqual(orders.status.path, imagesOf(name)[0].path);
    fake.watch(name, 'second');
    orders.second(1);
    assert.deepStrictEqual(fake.firings(name, 'second'), [[1]]);
    const refused = [{ first: {} }, { other: { name: 'second', args: {} } }, { 'a b': {} }];
    for (const wrong of refused.map((probes) => ({ fine: {}, ...probes }))) {
        assert.throws(() => orders.add(wrong), { name: 'TypeError', code: 'ERR_USDT_DEFINITION' });
        assert.strictEqual(orders.fine, undefined);
    }
    assert.deepStrictEqual(Object.keys(orders), ['first', 'second', 'third']);
    orders.disable();
    orders.add({ fourth: {} });
    assert.throws(() => fake.watch(name, 'fourth'));
    orders.enable();
    fake.watch(name, 'fourth');
});

test('the probes can not be overwritten', () => {
    'use strict';
    const orders = defineProvider(unique(), { tick: {} });
    assert.throws(() => { orders.tick = 1; }, TypeError);
    assert.throws(() => { orders.tick.enabled = true; }, TypeError);
});

test('disable and enable', () => {
    const name = unique();
    const orders = defineProvider(name, { tick: { id: 'u8' } });
    fake.watch(name, 'tick');
    orders.tick(1);
    orders.disable();
    orders.disable();
    assert.strictEqual(orders.tick.enabled, false);
    orders.tick(2);
    orders.enable();
    orders.enable();
    orders.tick(3);
    assert.deepStrictEqual(fake.firings(name, 'tick'), [[1], [3]]);
    assert.strictEqual(imagesOf(name).length, 1);
});

test('status and leftOut', () => {
    const name = unique();
    const args = Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`a${i}`, 'u8']));
    const orders = defineProvider(name, { small: {}, large: args });
    assert.deepStrictEqual(orders.status, { kind: 'visible', path: imagesOf(name)[0].path });
    assert.deepStrictEqual(orders.leftOut, [{ probe: 'large', args: ['a12', 'a13'] }]);

    const status = { kind: 'unavailable', reason: 'no room' };
    fake.instead = () => ({ semaphores: null, fire: [], status, leftOut: [[]] });
    const none = defineProvider(unique(), { tick: {} });
    assert.deepStrictEqual(none.status, { kind: 'unavailable', reason: 'no room' });
    assert.deepStrictEqual(none.leftOut, []);
    none.tick();
    assert.strictEqual(none.tick.enabled, false);
});

test('a disposed provider lets go, and can be enabled again', async () => {
    for (const dispose of [Symbol.dispose, Symbol.asyncDispose]) {
        const name = unique();
        const orders = defineProvider(name, { tick: { id: 'u8' } });
        fake.watch(name, 'tick');
        assert.strictEqual(await orders[dispose](), undefined);
        orders.tick(1);
        assert.strictEqual(orders.tick.enabled, false);
        assert.strictEqual(orders.status.kind, 'unavailable');
        orders.enable();
        assert.strictEqual(imagesOf(name).length, 2);
        fake.watch(name, 'tick');
        orders.tick(2);
        assert.deepStrictEqual(fake.firings(name, 'tick'), [[2]]);
    }
});

test('what was opened can be collected once the provider is disposed', async () => {
    setFlagsFromString('--expose-gc');
    const gc = vm.runInNewContext('gc');
    let opened;
    fake.instead = () => {
        const fire = [() => {}];
        opened = new WeakRef(fire[0]);
        return { semaphores: new Uint16Array(1), fire, status: { kind: 'visible', path: '/x' }, leftOut: [[]] };
    };
    const orders = defineProvider(unique(), { tick: {} });
    const collected = async () => {
        for (let i = 0; i < 3; i += 1) {
            await new Promise((resolve) => setImmediate(resolve)); // a WeakRef holds what it refers to until then
            gc();
        }
        return opened.deref() === undefined;
    };
    assert.strictEqual(await collected(), false);
    orders[Symbol.dispose]();
    assert.strictEqual(await collected(), true);
    orders.tick();
});

test('a firing within a firing leaves the outer one alone', () => {
    const name = unique();
    const orders = defineProvider(name, { outer: { a: 'json', b: 'u8' }, inner: { a: 'string' } });
    fake.watch(name, 'outer');
    fake.watch(name, 'inner');
    orders.outer({ toJSON: () => { orders.inner('x'); orders.outer(1, 2); return 'outer'; } }, 3);
    assert.deepStrictEqual(fake.firings(name, 'outer'), [['1', 2], ['"outer"', 3]]);
    assert.deepStrictEqual(fake.firings(name, 'inner'), [['x']]);
});
