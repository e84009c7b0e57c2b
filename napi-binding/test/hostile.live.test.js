'use strict';

/** Values and callbacks that do harm to whoever fires them without care, with bpftrace watching: the program runs on. */

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { directory, start } = require('./support/program.js');
const { values } = require('./support/hostile.js');
const { inImages, testTogether, watch } = require('./support/watch.js');

const HOSTILE = JSON.stringify(require.resolve('./support/hostile.js'));
const TYPES = ['u8', 'i64', 'f32', 'f64', 'bool', 'pointer', 'string', 'bytes', 'json'];
const TYPES_OF_DTRACE = ['int', 'char *', 'json'];
const NAMES = Object.keys(values);

/** The number of the value, once for each way in which it is fired. */
const eachThrice = NAMES.flatMap((_, i) => [i, i, i]).map(String);

testTogether({
    ...Object.fromEntries(TYPES.map((type) => [`hostile values as ${type}`, {
        program: `({ defineProvider }, name) => {
            const { values } = require(${HOSTILE});
            const { p } = defineProvider(name, { p: { n: 'u32', value: '${type}' } });
            return () => Object.values(values).forEach((value, i) => {
                p(i, value);
                p.fire(() => [i, value]);
                p.call(value, i, value, value);
            });
        }`,
        seen: { p: ['%d', 'arg0'] },
        lines: eachThrice,
    }])),
    ...Object.fromEntries(TYPES_OF_DTRACE.map((type) => [`hostile values as ${type} of dtrace-provider`, {
        program: `({ createDTraceProvider }, name) => {
            const { values } = require(${HOSTILE});
            const provider = createDTraceProvider(name);
            const probe = provider.addProbe('p', 'int', ${JSON.stringify(type)});
            provider.enable();
            return () => Object.values(values).forEach((value, i) => {
                probe.fire(() => [i, value]);
                probe.fire((...values) => values, i, value, value);
                provider.fire('p', () => [i, value]);
            });
        }`,
        seen: { p: ['%d', 'arg0'] },
        lines: eachThrice,
    }])),
});

/** Where text ends, with its length: `str(arg0 + arg1)` begins there. */
const END_OF_TEXT = ['%s %d', 'str(arg0 + arg1), arg1'];

testTogether({
    'arrays that are not what they seem': {
        program: ({ createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            const probe = provider.addProbe('p', 'int', 'char *');
            provider.enable();
            const trap = () => {
                throw new Error('thrown');
            };
            class Own extends Array {
                get [Symbol.iterator]() { return trap(); }
                static get [Symbol.species]() { return trap(); }
            }
            const arrays = [
                Object.defineProperty([1, 'x'], 1, { get: trap }),
                new Proxy([2, 'proxy'], {}),
                new Proxy([3, 'x'], { get: trap, has: trap, ownKeys: trap }),
                require('node:vm').runInNewContext('[4, "of another realm"]'),
                Own.of(5, 'of a class'),
                Object.setPrototypeOf([6, 'without a prototype'], null),
                Object.assign([7, 'long'], { length: 2 ** 32 - 1 }),
                Object.freeze([8, 'frozen']),
            ];
            return () => arrays.map((array) => probe.fire(() => array) ?? null);
        },
        seen: { p: ['%d %s', 'arg0, str(arg1)'] },
        lines: [
            '1 undefined', '2 proxy', '0 undefined', '4 of another realm', '5 of a class', '6 without a prototype', '7 long',
            '8 frozen',
        ],
        told: Array(8).fill(true),
    },
    'texts of a mebibyte': {
        program: ({ defineProvider }, name) => {
            const end = 'the end';
            const long = 'ä'.repeat(2 ** 19) + end;
            const lone = '\ud800'.repeat(2 ** 18) + end;
            const p = defineProvider(name, {
                text: { text: 'string', end: 'u32' },
                json: { text: 'json', end: 'u32' },
                bytes: { text: 'bytes', end: 'u32' },
            });
            return () => {
                const length = (text) => Buffer.byteLength(text) - end.length;
                p.text(long, length(long));
                p.text(lone, length(lone));
                p.text({ toString: () => long }, length(long));
                p.json({ long }, length(long) + '{"long":"'.length);
                p.bytes(`${long}\0`, length(long));
                p.bytes(Buffer.from(`${long}\0`), length(long));
            };
        },
        seen: { text: END_OF_TEXT, json: END_OF_TEXT, bytes: ['%s %d', 'str(arg0 + arg2), arg1 - arg2'] },
        lines: ['the end 1048576', 'the end 786432', 'the end 1048576', 'the end"} 1048585', 'the end 8', 'the end 8'],
    },
    'receivers that are none are a TypeError': {
        program: ({ createDTraceProvider, DTraceProvider }, name) => {
            const { values } = require(process.env.HOSTILE);
            const provider = createDTraceProvider(name);
            const probe = provider.addProbe('p', 'int');
            provider.enable();
            const { fire, addProbe, removeProbe, enable, disable } = DTraceProvider.prototype;
            const methods = [
                [probe.fire, [() => [1]]],
                ...[fire, addProbe, removeProbe, enable, disable].map((method) => [method, ['p', () => [1]]]),
            ];
            const receivers = [...Object.values(values), fire, Object.create(provider), Object.create(probe), undefined];
            return () => {
                const outcomes = new Set();
                for (const [method, args] of methods) {
                    for (const receiver of receivers) {
                        try {
                            Reflect.apply(method, receiver, args);
                            outcomes.add('nothing');
                        } catch (error) {
                            outcomes.add(error.name);
                        }
                    }
                }
                probe.fire(() => [2]);
                return [...outcomes];
            };
        },
        seen: { p: ['%d', 'arg0'] },
        lines: ['2'],
        told: ['TypeError'],
    },
    'a callback that disables, removes, collects': {
        program: ({ createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            const probe = provider.addProbe('p', 'int', 'json');
            const removed = provider.addProbe('removed', 'int');
            provider.enable();
            const disable = () => (provider.disable(), gc());
            return () => {
                probe.fire(() => (disable(), [1]));
                provider.enable();
                probe.fire(() => [2, { toJSON: disable }]);
                provider.enable();
                probe.fire(() => (disable(), provider.enable(), [3]));
                removed.fire(() => (provider.removeProbe(removed), gc(), [4]));
                removed.fire(() => [5]);
                probe.fire(() => (gc(), [6, { toJSON: gc }]));
            };
        },
        seen: { p: ['%d', 'arg0'], removed: ['%d', 'arg0'] },
        lines: ['3', '6'],
    },
    'a value that disposes of the provider, and collects it': {
        program: ({ defineProvider }, name) => {
            const provider = defineProvider(name, { p: { n: 'u64', value: 'json', text: 'string' } });
            const dispose = () => {
                Symbol.dispose ? provider[Symbol.dispose]() : provider.disable();
                for (let i = 0; i < 5; i += 1) {
                    gc();
                }
                return 'text';
            };
            return () => {
                provider.p(1, { toJSON: dispose }, 'x');
                provider.enable();
                provider.p.fire(() => [2, dispose()]);
                provider.enable();
                provider.p(3, null, { toString: dispose });
                provider.enable();
                provider.p(4, 'fires', 'x');
            };
        },
        seen: { p: ['%d %s', 'arg0, str(arg1)'] },
        lines: ['4 "fires"'],
    },
    'machine code for a provider that is disposed of, collected and enabled again': {
        program: ({ defineProvider }, name) => {
            const provider = defineProvider(name, { p: { n: 'u64', text: 'string' } });
            const fire = (n) => provider.p(n, 'text');
            const hot = () => {
                for (let i = 0; i < 300_000; i += 1) {
                    fire(0);
                }
            };
            hot();
            return () => {
                fire(1);
                Symbol.dispose ? provider[Symbol.dispose]() : provider.disable();
                for (let i = 0; i < 5; i += 1) {
                    gc();
                }
                fire(2);
                hot();
                provider.enable();
                fire(3);
            };
        },
        seen: { p: ['%d %s', 'arg0, str(arg1)'] },
        lines: ['1 text', '3 text'],
    },
    'a callback that defines, adds and fires others': {
        program: ({ defineProvider, createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            const probe = provider.addProbe('p', 'int', 'char *');
            provider.enable();
            const define = (i) => {
                const other = defineProvider(`${name}x${i}`, { q: { n: 'u64' } });
                provider.addProbe(`r${i}`, 'int');
                other.q(i);
                gc();
                return `text ${i}`;
            };
            return () => {
                for (let i = 0; i < 20; i += 1) {
                    probe.fire(() => [i, { toString: () => define(i) }]);
                }
            };
        },
        seen: { p: ['%d %s', 'arg0, str(arg1)'] },
        lines: Array.from({ length: 20 }, (_, i) => `${i} text ${i}`),
    },
}, { flags: ['--expose-gc'], env: { HOSTILE: require.resolve('./support/hostile.js') } });

/** A firing in a firing in a firing, until there is no stack left. */
function bottomless({ createDTraceProvider, defineProvider, step }) {
    const app = createDTraceProvider('app');
    const probe = app.addProbe('p', 'int', 'json');
    app.enable();
    const orders = defineProvider('orders', { p: { depth: 'u64', value: 'json' } });
    step();
    let deepest = 0;
    const deeper = (depth) => {
        deepest = Math.max(deepest, depth);
        probe.fire(() => (deeper(depth + 1), [depth]));
    };
    deeper(1);
    const deeperJson = (depth) => ({ toJSON: () => orders.p(depth, deeperJson(depth + 1)) });
    orders.p(1, deeperJson(2));
    probe.fire(() => [0]);
    orders.p(0);
    return deepest;
}

test('a firing within itself without end', async () => {
    const images = directory();
    const count = '@[probe, arg0 == 0 ? "after" : "within"] = count();';
    const { maps, driven } = await watch(() => start(bottomless, { images }), () => ({
        [inImages(images, 'app', 'p')]: count.replace('probe', '"app"'),
        [inImages(images, 'orders', 'p')]: count.replace('probe', '"orders"'),
    }));
    assert.ok(driven > 100, `${driven} deep`);
    const { '@': counts } = maps;
    assert.deepEqual([counts['app,after'], counts['orders,after']], [1, 1]);
    assert.ok(counts['app,within'] > 100 && counts['app,within'] <= driven, JSON.stringify(counts));
    assert.ok(counts['orders,within'] > 100, JSON.stringify(counts));
});
