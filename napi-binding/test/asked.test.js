'use strict';

// Systems where tracers change no memory: each probe is asked whether one watches, before anything of the program runs.

const assert = require('node:assert');
const test = require('node:test');

const { createDTraceProvider, defineProvider, fake, unique } = require('./support/with-fake.js');

fake.asked = true;

test('nothing of the program runs before a tracer watches', () => {
    const name = unique();
    const provider = defineProvider(name, {
        none: {}, one: { a: 'json' }, five: { a: 'json', b: 'u8', c: 'u8', d: 'u8', e: 'u8' },
    });
    const forbidden = { toJSON: () => assert.fail('a value was converted') };
    const fire = (value) => {
        provider.none();
        provider.one(value);
        provider.five(value, 1, 2, 3, 4);
    };
    assert.strictEqual(provider.one.enabled, false);
    fire(forbidden);
    provider.one.fire(() => assert.fail('a closure ran'));
    assert.deepStrictEqual(['none', 'one', 'five'].map((probe) => fake.firings(name, probe).length), [0, 0, 0]);

    ['none', 'one', 'five'].forEach((probe) => fake.watch(name, probe));
    assert.strictEqual(provider.one.enabled, true);
    fire({ x: 1 });
    provider.one.fire(() => [2]);
    assert.deepStrictEqual(fake.firings(name, 'none'), [[]]);
    assert.deepStrictEqual(fake.firings(name, 'one'), [['{"x":1}'], ['2']]);
    assert.deepStrictEqual(fake.firings(name, 'five'), [['{"x":1}', 1, 2, 3, 4]]);

    fake.watch(name, 'one', 0);
    provider.one(forbidden);
    assert.strictEqual(provider.one.enabled, false);
});

test('a disabled provider is silent whatever the answer is', () => {
    const name = unique();
    const provider = defineProvider(name, { one: { a: 'u8' } });
    fake.watch(name, 'one');
    provider.disable();
    provider.one(1);
    assert.strictEqual(provider.one.enabled, false);
    provider.enable();
    provider.one(2);
    assert.deepStrictEqual(fake.firings(name, 'one'), [[2]]);
});

test('the probes of createDTraceProvider are asked too', () => {
    const name = unique();
    const provider = createDTraceProvider(name);
    const probe = provider.addProbe('p', 'int');
    provider.enable();
    assert.strictEqual(probe.fire(() => assert.fail('a callback ran')), undefined);
    assert.strictEqual(provider.fire('p', () => assert.fail('a callback ran')), true);
    fake.watch(name, 'p');
    assert.strictEqual(probe.fire(() => [7]), true);
    assert.deepStrictEqual(fake.firings(name, 'p'), [[7]]);
});
