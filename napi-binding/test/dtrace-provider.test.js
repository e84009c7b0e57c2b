'use strict';

// What programs that were written for dtrace-provider 0.8.8 rely on.

const assert = require('node:assert');
const test = require('node:test');
const vm = require('node:vm');

const { DTraceProvider, createDTraceProvider, fake, unique } = require('./support/with-fake.js');
const hostile = require('./support/hostile.js');

/** A provider with one probe `p`, enabled. */
function providerOf(...types) {
    const name = unique();
    const provider = createDTraceProvider(name);
    const probe = provider.addProbe('p', ...types);
    provider.enable();
    return { name, provider, probe, watch: (n) => fake.watch(name, 'p', n), firings: () => fake.firings(name, 'p') };
}

test('the README of dtrace-provider', () => {
    const name = unique();
    const dtp = createDTraceProvider(name);
    const p1 = dtp.addProbe('probe1', 'int', 'int');
    const p2 = dtp.addProbe('probe2', 'char *');
    dtp.enable();
    fake.watch(name, 'probe1');
    fake.watch(name, 'probe2');
    assert.strictEqual(dtp.fire('probe1', () => [1, 2]), true);
    assert.strictEqual(dtp.fire('probe2', () => ['hello, dtrace via provider', 'foo']), true);
    assert.strictEqual(p1.fire(() => [1, 2, 3, 4, 5, 6]), true);
    assert.strictEqual(p2.fire(() => ['hello, dtrace via probe', 'foo']), true);
    p1.fire((a, b) => [a + b, b], 3, 4);
    assert.deepStrictEqual(fake.firings(name, 'probe1'), [[1, 2], [1, 2], [7, 4]]);
    assert.deepStrictEqual(fake.firings(name, 'probe2'), [['hello, dtrace via provider'], ['hello, dtrace via probe']]);
});

test('the way ldapjs uses it', () => {
    const name = unique();
    const provider = createDTraceProvider(name);
    DTraceProvider.prototype.addProbe.apply(provider, ['server-search-start', 'int', 'char *', 'char *']);
    provider.enable();
    provider._nextId = () => 7;
    fake.watch(name, 'server-search-start');
    provider.fire('server-' + 'search' + '-start', () => [provider._nextId(), '127.0.0.1', 'cn=x']);
    assert.deepStrictEqual(fake.firings(name, 'server-search-start'), [[7, '127.0.0.1', 'cn=x']]);
});

test('every method works through apply, and another receiver is a TypeError', () => {
    const { provider, probe } = providerOf('int');
    const { addProbe, removeProbe, enable, disable, fire } = DTraceProvider.prototype;
    assert.strictEqual(enable.apply(provider, []), undefined);
    assert.strictEqual(disable.apply(provider, []), undefined);
    assert.strictEqual(fire.apply(provider, ['p', () => []]), true);
    assert.strictEqual(addProbe.apply(provider, ['q']), provider.q);
    assert.strictEqual(removeProbe.apply(provider, [provider.q]), true);
    const strangers = [{}, null, undefined, 1, 'x', Object.create(provider), probe, DTraceProvider, new Proxy(provider, {})];
    for (const stranger of strangers) {
        for (const method of [addProbe, removeProbe, enable, disable, fire]) {
            for (const args of [['p', () => []], [probe], []]) {
                assert.throws(() => method.apply(stranger, args), TypeError, `${method.name} of ${typeof stranger}`);
            }
        }
        if (stranger !== probe) {
            assert.throws(() => probe.fire.call(stranger, () => []), TypeError);
        }
    }
    const untouched = {};
    assert.throws(() => addProbe.call(untouched, 'p'), TypeError);
    assert.deepStrictEqual(Object.keys(untouched), []);
});

test('names and modules', () => {
    for (const args of [[], [undefined], [null], [1], [{}], [Symbol('x')], [new String('x')]]) {
        assert.throws(() => new DTraceProvider(...args), TypeError);
        assert.throws(() => createDTraceProvider(...args), TypeError);
    }
    assert.throws(() => new DTraceProvider('x', 1), TypeError);
    assert.throws(() => new DTraceProvider('x', undefined), TypeError);
    assert.throws(() => createDTraceProvider('x', undefined), TypeError);
    assert.throws(() => new DTraceProvider('x', 'm', 1), { name: 'Error' });
    // The function passes the module on only if it is given exactly two arguments.
    assert.ok(createDTraceProvider('x', 1, 2) instanceof DTraceProvider);
    assert.ok(createDTraceProvider('x', 'm') instanceof DTraceProvider);
    assert.ok(new DTraceProvider('x', 'm') instanceof DTraceProvider);
    assert.throws(() => DTraceProvider('x'), TypeError);
    class Mine extends DTraceProvider {}
    assert.strictEqual(typeof new Mine('x').addProbe('p').fire, 'function');
});

test('addProbe sets and returns the property', () => {
    const provider = createDTraceProvider(unique());
    for (const name of ['p', 'fire', 'constructor', '__proto__', 'status', 'with blank', '', '1']) {
        const probe = provider.addProbe(name, 'int');
        assert.strictEqual(Object.getOwnPropertyDescriptor(provider, name).value, probe, name);
    }
    assert.ok(provider instanceof DTraceProvider);
    assert.strictEqual(provider.addProbe(7), provider['7']);
    assert.strictEqual(provider.addProbe(), provider.undefined);
    assert.throws(() => provider.addProbe(Symbol('x')), TypeError);
    assert.strictEqual(typeof Object.freeze(createDTraceProvider(unique())).addProbe('p').fire, 'function');
});

test('how a type begins decides what it is', () => {
    const name = unique();
    const provider = createDTraceProvider(name);
    const types = ['int', 'integer', 'int32_t', 'json', 'jsonp', 'char *', 'char **', 'char', 'uint', ' int', '', 7, null];
    provider.addProbe('p', ...types);
    provider.enable();
    const args = fake.images.find((image) => image.provider === name).probes[0].args;
    const [int, text, json] = [8, 16, 19];
    assert.deepStrictEqual(
        args.map(([, type]) => type),
        [int, int, int, json, json, text, text, text, text, text, text, text, text],
    );
});

test('32 arguments are the most, further types are ignored', () => {
    const { probe, watch, firings } = providerOf(...Array(40).fill('int'));
    watch();
    probe.fire(() => Array.from({ length: 40 }, (_, i) => i));
    assert.deepStrictEqual(firings(), [Array.from({ length: 32 }, (_, i) => i)]);
});

test('enable and disable', () => {
    const empty = createDTraceProvider(unique());
    assert.throws(() => empty.enable(), { name: 'Error' });
    assert.strictEqual(empty.disable(), undefined);

    const { name, provider, probe, watch, firings } = providerOf('int');
    assert.strictEqual(provider.enable(), undefined);
    watch();
    probe.fire(() => [1]);
    assert.strictEqual(provider.disable(), undefined);
    assert.strictEqual(provider.disable(), undefined);
    assert.strictEqual(probe.fire(() => [2]), undefined);
    assert.strictEqual(provider.fire('p', () => [2]), true);
    provider.enable();
    probe.fire(() => [3]);
    assert.deepStrictEqual(firings(), [[1], [3]]);
    // What had been opened is used again.
    assert.strictEqual(fake.images.filter((image) => image.provider === name).length, 1);
});

test('nothing fires before enable, and probes that come later are live at once', () => {
    const name = unique();
    const provider = createDTraceProvider(name);
    const first = provider.addProbe('first', 'int');
    assert.strictEqual(first.fire(() => assert.fail()), undefined);
    assert.deepStrictEqual(provider.status, { kind: 'unavailable', reason: 'the provider is not enabled', hidden: [] });
    provider.enable();
    const later = provider.addProbe('later', 'int');
    fake.watch(name, 'later');
    assert.strictEqual(later.fire(() => [1]), true);
    assert.deepStrictEqual(fake.firings(name, 'later'), [[1]]);
    assert.strictEqual(provider.status.kind, 'visible');
    provider.disable();
    provider.addProbe('while-disabled', 'int');
    assert.throws(() => fake.watch(name, 'while-disabled'));
    provider.enable();
    fake.watch(name, 'while-disabled');
    provider.fire('while-disabled', () => [2]);
    assert.deepStrictEqual(fake.firings(name, 'while-disabled'), [[2]]);
});

test('two probes of one name both work', () => {
    const name = unique();
    const provider = createDTraceProvider(name);
    const one = provider.addProbe('p', 'int');
    const two = provider.addProbe('p', 'char *');
    provider.addProbe('a-b', 'int');
    provider.addProbe('a__b', 'int'); // a note spells them alike
    provider.enable();
    const three = provider.addProbe('p', 'int');
    assert.strictEqual(provider.p, three);
    fake.watch(name, 'p');
    [one, two, three].forEach((probe) => assert.strictEqual(probe.fire(() => [1]), true));
    assert.deepStrictEqual(fake.firings(name, 'p'), [[1], ['1'], [1]]);
    fake.watch(name, 'a-b');
    fake.watch(name, 'a__b');
});

test('removeProbe', () => {
    const { name, provider, probe, watch, firings } = providerOf('int');
    const other = provider.addProbe('other', 'int');
    watch();
    assert.strictEqual(provider.removeProbe(probe), true);
    assert.strictEqual('p' in provider, false);
    assert.strictEqual(provider.fire('p', () => [1]), undefined);
    assert.strictEqual(probe.fire(() => [1]), undefined);
    provider.disable();
    provider.enable();
    assert.strictEqual(probe.fire(() => [1]), undefined);
    assert.deepStrictEqual(firings(), []);
    assert.throws(() => provider.removeProbe(probe), { name: 'Error' });
    assert.throws(() => createDTraceProvider(unique()).removeProbe(other), { name: 'Error' });
    assert.throws(() => createDTraceProvider(unique()).removeProbe(new other.constructor()), TypeError);
    for (const stranger of [undefined, null, {}, 'p', provider, Object.create(probe), hostile.revoked({})]) {
        assert.throws(() => provider.removeProbe(stranger), TypeError);
    }
    assert.strictEqual(provider.removeProbe(other), true);
    provider.disable();
    assert.throws(() => provider.enable(), { name: 'Error' });
    provider.addProbe('p', 'int');
    provider.enable();
    fake.watch(name, 'p');
    provider.fire('p', () => [5]);
    assert.deepStrictEqual(firings(), [[5]]);
});

test('fire wants a function even while nobody watches', () => {
    const { provider, probe, watch } = providerOf('int');
    for (const watched of [0, 1]) {
        watch(watched);
        for (const wrong of [undefined, null, 1, 'x', {}, [], Symbol('x')]) {
            assert.throws(() => probe.fire(wrong), TypeError);
            assert.throws(() => provider.fire('p', wrong), TypeError);
            assert.throws(() => provider.fire('unknown', wrong), TypeError);
            assert.throws(() => provider.fire(wrong === 'x' ? 7 : wrong, () => []), TypeError);
        }
    }
});

test('the callback runs only while somebody watches, with the probe and the arguments', () => {
    const { provider, probe, watch, firings } = providerOf('int');
    const calls = [];
    function callback(...args) {
        calls.push([this, args]);
        return args;
    }
    assert.strictEqual(probe.fire(callback, 1), undefined);
    assert.strictEqual(provider.fire('p', callback, 1), true);
    watch(2);
    assert.strictEqual(probe.fire(callback, 2, 'x', 3, 4, 5, 6, 7, 8, 9, 10), true);
    assert.strictEqual(provider.fire('p', callback), true);
    watch(0);
    assert.strictEqual(probe.fire(callback, 3), undefined);
    assert.deepStrictEqual(calls.map(([, args]) => args), [[2, 'x', 3, 4, 5, 6, 7, 8, 9, 10], []]);
    assert.ok(calls.every(([self]) => self === probe));
    assert.deepStrictEqual(firings(), [[2], [undefined]]);
});

test('what is no array does not fire, and what the callback throws ends there', () => {
    const { provider, probe, watch, firings } = providerOf('int');
    watch();
    const throwing = [
        hostile.bomb,
        hostile.revoked(() => []),
        new Proxy(() => [], hostile.everyTrap),
        class {},
        () => hostile.revoked([]),
    ];
    const others = [undefined, null, 1, 'text', {}, { length: 1, 0: 1 }, new Uint8Array(2), Promise.resolve([1])];
    for (const callback of [...throwing, ...others.map((value) => () => value)]) {
        assert.strictEqual(probe.fire(callback), undefined);
        assert.strictEqual(provider.fire('p', callback), true);
    }
    const recursion = () => recursion();
    assert.strictEqual(probe.fire(recursion), undefined);
    assert.deepStrictEqual(firings(), []);
    assert.strictEqual(probe.fire(() => vm.runInNewContext('[7]')), true);
    assert.strictEqual(probe.fire(() => new Proxy([8], {})), true);
    assert.strictEqual(probe.fire(vm.runInNewContext('() => [9]')), true);
    assert.deepStrictEqual(firings(), [[7], [8], [9]]);
});

test('elements that throw count as missing', () => {
    const { probe, watch, firings } = providerOf('int', 'char *', 'json', 'int');
    watch();
    const array = [1, 'x', {}, 4];
    for (const i of [0, 1, 2]) {
        Object.defineProperty(array, i, { get: hostile.bomb });
    }
    assert.strictEqual(probe.fire(() => array), true);
    assert.strictEqual(probe.fire(() => new Proxy([], hostile.everyTrap)), true);
    assert.deepStrictEqual(firings(), [
        [undefined, 'undefined', 'undefined', 4],
        [undefined, 'undefined', 'undefined', undefined],
    ]);
});

test('provider.fire knows its own probes alone', () => {
    const { provider, watch, firings } = providerOf('int');
    const other = createDTraceProvider(unique());
    other.addProbe('p', 'int');
    provider.foreign = other.p;
    provider.text = 'text';
    watch();
    const unknown = ['q', '', 'constructor', 'fire', '__proto__', 'toString', 'hasOwnProperty', 'status', 'foreign', 'text'];
    for (const name of unknown) {
        assert.strictEqual(provider.fire(name, () => [1]), undefined, name);
    }
    assert.deepStrictEqual(firings(), []);
    delete provider.p;
    assert.strictEqual(provider.fire('p', () => [1]), undefined);
});

test('probe.__prov__ is the provider', () => {
    const { provider, probe } = providerOf('int');
    assert.deepStrictEqual(Object.getOwnPropertyDescriptor(probe, '__prov__'), {
        value: provider,
        writable: false,
        enumerable: false,
        configurable: false,
    });
    assert.deepStrictEqual(Object.keys(probe), []);
});

test('a firing within a firing leaves the outer one alone', () => {
    const name = unique();
    const provider = createDTraceProvider(name);
    const outer = provider.addProbe('outer', 'int', 'json', 'char *');
    const inner = provider.addProbe('inner', 'int', 'char *');
    provider.enable();
    fake.watch(name, 'outer');
    fake.watch(name, 'inner');
    const nested = (i) => ({
        toJSON() {
            inner.fire(() => [i, 'json']);
            return i;
        },
        toString() {
            inner.fire(() => [i, 'text']);
            return String(i);
        },
    });
    outer.fire(() => {
        outer.fire(() => [2, nested(2), nested(2)]);
        provider.removeProbe(inner);
        return [1, nested(1), nested(1)];
    });
    assert.deepStrictEqual(fake.firings(name, 'outer'), [[2, '2', '2'], [1, '1', '1']]);
    assert.deepStrictEqual(fake.firings(name, 'inner'), [[2, 'json'], [2, 'text']]);
});

test('names that tracers can not take never throw', () => {
    const visible = [
        ['node-app', 'p', 'node_app', 'p'],
        ['a.b c', 'route.start', 'a_b_c', 'route_start'],
        ['1st', '2nd', '_1st', '_2nd'],
        ['größe', '\u{1F600}-x', 'gr__e', '_-x'],
    ];
    for (const [name, probe, seenName, seenProbe] of visible) {
        const provider = createDTraceProvider(name);
        provider.addProbe(probe, 'int');
        provider.enable();
        assert.strictEqual(provider.status.kind, 'visible');
        fake.watch(seenName, seenProbe);
        assert.strictEqual(provider[probe].fire(() => [1]), true);
        assert.deepStrictEqual(fake.firings(seenName, seenProbe), [[1]]);
    }
});

test('what can not be seen at all says so in the status', () => {
    const provider = createDTraceProvider(unique());
    for (const name of ['', 'p'.repeat(64)]) {
        assert.strictEqual(provider.addProbe(name, 'int').fire(() => assert.fail()), undefined);
        assert.strictEqual(provider.fire(name, () => assert.fail()), true);
    }
    provider.enable();
    provider.addProbe('good', 'int');
    const { kind, hidden } = provider.status;
    assert.strictEqual(kind, 'visible');
    assert.deepStrictEqual(hidden.map(({ name }) => name), ['', 'p'.repeat(64)]);
    assert.match(hidden[1].reason, /64 bytes/);
    assert.strictEqual(provider.removeProbe(provider['']), true);
    assert.strictEqual(provider.status.hidden.length, 1);

    for (const name of ['', 'n'.repeat(54)]) {
        const nameless = createDTraceProvider(name);
        const probe = nameless.addProbe('p', 'int');
        assert.strictEqual(nameless.enable(), undefined);
        assert.strictEqual(probe.fire(() => assert.fail()), undefined);
        assert.strictEqual(nameless.status.kind, 'unavailable');
        assert.strictEqual(nameless.status.hidden.length, 1);
    }
});

test('a program may keep something of its own under the name status', () => {
    'use strict';
    const provider = createDTraceProvider(unique());
    provider.status = 'mine';
    assert.strictEqual(provider.status, 'mine');
});

test('whatever the native part does, the program goes on', () => {
    const without = (status) => () => ({ semaphores: null, fire: [], status, leftOut: [[]] });
    const refusals = [
        [() => { throw new TypeError('no'); }, 'no'],
        [() => { throw null; }, 'null'],
        [without({ kind: 'unavailable', reason: 'no room' }), 'no room'],
        [without({ kind: 'visible', path: '/x' }), "this host doesn't share memory with native code"],
    ];
    for (const [instead, reason] of refusals) {
        const provider = createDTraceProvider(unique());
        const probe = provider.addProbe('p', 'int');
        fake.instead = instead;
        provider.enable();
        assert.strictEqual(probe.fire(() => assert.fail()), undefined);
        assert.strictEqual(provider.status.kind, 'unavailable');
        assert.strictEqual(provider.status.reason, reason);
    }
});

test('more probes than one image holds', () => {
    const name = unique();
    const provider = createDTraceProvider(name);
    for (let i = 0; i <= 16_384; i += 1) {
        provider.addProbe(`p${i}`, 'int');
    }
    provider.enable();
    assert.deepStrictEqual(
        fake.images.filter((image) => image.provider === name).map(({ probes }) => probes.length),
        [16_384, 1],
    );
    fake.watch(name, 'p16384');
    assert.strictEqual(provider.p16384.fire(() => [1]), true);
});
