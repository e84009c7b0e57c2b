'use strict';

/** The API of dtrace-provider with bpftrace watching: what arrives for each value, and when nothing does. */

const { testTogether } = require('./support/watch.js');

/** Expressions, and what arrives for the value: the text of 64 bits, signed. */
const INTS = [
    ['0', '0'],
    ['-0', '0'],
    ['42', '42'],
    ['-42', '-42'],
    ['1.9', '1'],
    ['-1.9', '-1'],
    ['2 ** 31', '2147483648'],
    ['2 ** 53 - 1', '9007199254740991'],
    ['2 ** 53 + 2', '9007199254740994'],
    ['-(2 ** 62)', '-4611686018427387904'],
    ['2 ** 63', '9223372036854775807'],
    ['-(2 ** 63)', '-9223372036854775808'],
    ['1e300', '9223372036854775807'],
    ['Infinity', '9223372036854775807'],
    ['-Infinity', '-9223372036854775808'],
    ['NaN', '0'],
    ['undefined', '0'],
    ['null', '0'],
    ['true', '1'],
    ['false', '0'],
    ['({})', '0'],
    ['[]', '0'],
    ['[7]', '0'],
    ['(() => 1)', '0'],
    ['Symbol("s")', '0'],
    ['new Date(1234)', '0'],
    ['({ valueOf: () => 5 })', '0'],
    ['({ valueOf() { throw 1; } })', '0'],
    ['"0x10"', '16'],
    ['" 12 "', '12'],
    ['"12px"', '0'],
    ['""', '0'],
    ['9007199254740993n', '9007199254740993'],
    ['-9007199254740993n', '-9007199254740993'],
    ['2n ** 63n - 1n', '9223372036854775807'],
    ['2n ** 64n + 5n', '9223372036854775807'],
    ['-(2n ** 70n)', '-9223372036854775808'],
];

const TEXTS = [
    ['"plain"', 'plain'],
    ['""', ''],
    ['"äöü € 😀"', 'äöü € 😀'],
    ['"cut\\0here"', 'cut'],
    ['"\\0"', ''],
    ['"a\\ud800b"', 'a\ufffdb'],
    ['"quote \\" and \\\\ and %d"', 'quote " and \\ and %d'],
    ['null', 'null'],
    ['undefined', 'undefined'],
    ['1', '1'],
    ['-0.5', '-0.5'],
    ['NaN', 'NaN'],
    ['12345678901234567890n', '12345678901234567890'],
    ['true', 'true'],
    ['[1, 2]', '1,2'],
    ['({})', '[object Object]'],
    ['Symbol("s")', 'Symbol(s)'],
    ['({ toString: () => "own" })', 'own'],
    ['({ toString() { throw 1; } })', 'undefined'],
    ['Object.create(null)', 'undefined'],
    ['"x".repeat(199)', 'x'.repeat(199)],
    ['"é".repeat(99)', 'é'.repeat(99)],
];

const FAILED = '{ "error": "stringify failed" }';
const JSONS = [
    ['({ a: [1, "x", null], b: { c: true } })', '{"a":[1,"x",null],"b":{"c":true}}'],
    ['[]', '[]'],
    ['"text"', '"text"'],
    ['"nul\\0"', '"nul\\u0000"'],
    ['"é\\ud800"', '"é\\ud800"'],
    ['1.5', '1.5'],
    ['NaN', 'null'],
    ['null', 'null'],
    ['undefined', 'undefined'],
    ['new Date(0)', '"1970-01-01T00:00:00.000Z"'],
    ['({ toJSON: () => ({ own: 1 }) })', '{"own":1}'],
    ['1n', FAILED],
    ['(() => 1)', FAILED],
    ['Symbol("s")', FAILED],
    ['(() => { const ring = {}; ring.ring = ring; return ring; })()', FAILED],
    ['({ toJSON() { throw 1; } })', FAILED],
    ['({ get x() { throw 1; } })', FAILED],
];

/** A case that fires each value with its number, at a probe with an argument of this type. */
function values(type, rows, format, argument) {
    return {
        program: `({ createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            const probe = provider.addProbe('value', 'int', ${JSON.stringify(type)});
            provider.enable();
            return () => {
                [${rows.map(([expression]) => `() => ${expression}`)}].forEach((value, i) => probe.fire(() => [i, value()]));
            };
        }`,
        seen: { value: [`%d ${format}`, `arg0, ${argument}`] },
        lines: rows.map(([, expected], i) => `${i} ${expected}`),
    };
}

testTogether({
    'an int is cut toward zero and held in 64 bits': values('int', INTS, '%ld', 'arg1'),
    'a char * is text, cut at a NUL': values('char *', TEXTS, '%s', 'str(arg1)'),
    'json is what JSON.stringify makes of it': values('json', JSONS, '%s', 'str(arg1)'),
    'a type that is none of them is text': values('strange', [['7', '7'], ['"x"', 'x']], '%s', 'str(arg1)'),
    'a type may go on after int and json': values('int64_t', [['"8"', '8']], '%ld', 'arg1'),
}, { strlen: 200 });

testTogether({
    'missing arguments are undefined, surplus ones are ignored': {
        program: ({ createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            const probe = provider.addProbe('p', 'int', 'char *', 'json');
            const none = provider.addProbe('none');
            provider.enable();
            return () => {
                for (const values of [[], [1], [2, 'x'], [3, 'y', {}, 'surplus', 4, 5], [, 'hole']]) {
                    probe.fire(() => values);
                }
                none.fire(() => []);
                none.fire(() => ['surplus']);
            };
        },
        seen: { p: ['%d %s %s', 'arg0, str(arg1), str(arg2)'], none: ['%s', '"none"'] },
        lines: [
            '0 undefined undefined', '1 undefined undefined', '2 x undefined', '3 y {}', '0 hole undefined', 'none', 'none',
        ],
    },
    'of 32 arguments all are taken, and tracers see the first': {
        program: ({ createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            const probe = provider.addProbe('p', ...Array.from({ length: 40 }, (_, i) => (i % 2 ? 'char *' : 'int')));
            provider.enable();
            const touched = [];
            const value = (i) => (i % 2 ? { toString: () => `text${touched.push(i)}` } : i + 100);
            return () => {
                probe.fire(() => Array.from({ length: 40 }, (_, i) => value(i)));
                return touched.length;
            };
        },
        seen: { p: ['%d %s %d %s %d %s', 'arg0, str(arg1), arg2, str(arg3), arg4, str(arg5)'] },
        lines: ['100 text1 102 text2 104 text3'],
        told: 16,
    },
    'a - in a name is two _, what tracers cannot take is one': {
        program: ({ createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            const probes = ['server-search-start', 'a:b c', '7up'].map((probe) => provider.addProbe(probe, 'int'));
            provider.enable();
            return () => probes.map((probe, i) => probe.fire(() => [i]));
        },
        seen: { server__search__start: ['%d start', 'arg0'], a_b_c: ['%d a_b_c', 'arg0'], _7up: ['%d _7up', 'arg0'] },
        lines: ['0 start', '1 a_b_c', '2 _7up'],
        told: [true, true, true],
    },
    'what returns no array, or throws, does not fire, and the program goes on': {
        program: ({ createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            const probe = provider.addProbe('p', 'int');
            provider.enable();
            const revoked = Proxy.revocable([], {});
            revoked.revoke();
            const nothing = [undefined, null, 7, 'text', {}, { length: 1, 0: 1 }, new Int32Array(1), revoked.proxy];
            return () => [
                ...nothing.map((value) => probe.fire(() => value)),
                probe.fire(() => { throw new Error('thrown'); }),
                probe.fire(() => { throw undefined; }),
                probe.fire(async () => [8]),
                probe.fire(() => [9]),
            ].map((fired) => fired ?? null);
        },
        seen: { p: ['%d', 'arg0'] },
        lines: ['9'],
        told: [...Array(11).fill(null), true],
    },
    'the callback has the probe as this, and the further arguments': {
        program: ({ createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            const probe = provider.addProbe('p', 'int', 'char *');
            provider.enable();
            return () => {
                const receivers = [];
                function callback(...args) {
                    receivers.push(this === probe);
                    return args;
                }
                probe.fire(callback, 1, 'of the probe');
                provider.fire('p', callback, 2, 'of the provider');
                return receivers;
            };
        },
        seen: { p: ['%d %s', 'arg0, str(arg1)'] },
        lines: ['1 of the probe', '2 of the provider'],
        told: [true, true],
    },
    'provider.fire says whether there is such a probe': {
        program: ({ createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            provider.addProbe('p', 'int');
            provider.enable();
            return () => ['p', 'q', 'enable'].map((probe) => provider.fire(probe, () => [1]) ?? null);
        },
        seen: { p: ['%d', 'arg0'] },
        lines: ['1'],
        told: [true, null, null],
    },
    'a firing within a firing leaves the values of the outer one alone': {
        program: ({ createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            const outer = provider.addProbe('outer', 'char *', 'char *', 'json', 'char *');
            const inner = provider.addProbe('inner', 'char *', 'char *');
            provider.enable();
            const within = (text) => inner.fire(() => [text, text.repeat(50)]);
            return () => {
                outer.fire(() => {
                    within('a');
                    const toString = () => (within('b'), 'second');
                    const toJSON = () => (within('c'), 'third');
                    return ['first', { toString }, { toJSON }, 'fourth'];
                });
            };
        },
        seen: {
            outer: ['%s %s %s %s', 'str(arg0), str(arg1), str(arg2), str(arg3)'],
            inner: ['%s %s', 'str(arg0), str(arg1)'],
        },
        lines: [...'abc'].map((text) => `${text} ${text.repeat(50)}`).concat('first second "third" fourth'),
    },
    'a probe that is added later is live at once, also with the name of another': {
        program: ({ createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            const probes = [provider.addProbe('p', 'int')];
            provider.enable();
            probes.push(provider.addProbe('later', 'int'), provider.addProbe('p', 'int', 'int'));
            return () => probes.map((probe, i) => probe.fire(() => [i, i]));
        },
        seen: { p: ['%d p', 'arg0'], later: ['%d later', 'arg0'] },
        lines: ['0 p', '1 later', '2 p'],
        told: [true, true, true],
    },
    'two probes of one name, added before': {
        program: ({ createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            const definitions = [['a-b', 'int'], ['a-b', 'char *'], ['a__b', 'json']];
            const probes = definitions.map(([probe, type]) => provider.addProbe(probe, type));
            provider.enable();
            return () => [...probes.map((probe, i) => probe.fire(() => [i + 1])), provider['a-b'] === probes[1]];
        },
        seen: { a__b: ['%s', 'arg0 < 100 ? "number" : str(arg0)'] },
        lines: ['number', '2', '3'],
        told: [true, true, true, true],
    },
    'nothing fires while the provider is disabled': {
        program: ({ createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            const probe = provider.addProbe('p', 'int');
            provider.enable();
            const fired = [];
            return () => {
                const fire = (n) => fired.push(probe.fire(() => [n]) ?? null);
                fire(1);
                provider.disable();
                provider.disable();
                fire(2);
                provider.enable();
                provider.enable();
                fire(3);
                return fired;
            };
        },
        seen: { p: ['%d', 'arg0'] },
        lines: ['1', '3'],
        told: [true, null, true],
    },
    'a probe that was removed does not fire, the others do': {
        program: ({ createDTraceProvider }, name) => {
            const provider = createDTraceProvider(name);
            const [removed, stays] = [provider.addProbe('removed', 'int'), provider.addProbe('stays', 'int')];
            provider.enable();
            return () => {
                const fire = (n) => [removed, stays].map((probe) => probe.fire(() => [n]) ?? null);
                const fired = [fire(1)];
                provider.removeProbe(removed);
                fired.push(fire(2), provider.removed === undefined);
                provider.disable();
                provider.enable();
                fired.push(fire(3));
                return fired;
            };
        },
        seen: { removed: ['%d removed', 'arg0'], stays: ['%d stays', 'arg0'] },
        lines: ['1 removed', '1 stays', '2 stays', '3 stays'],
        told: [[true, true], [null, true], true, [null, true]],
    },
    'providers that tracers cannot take never fire, and the program goes on': {
        program: ({ createDTraceProvider }, name) => {
            const names = ['', 'x'.repeat(54)];
            const probes = names.map((name) => {
                const provider = createDTraceProvider(name);
                const probe = provider.addProbe('p', 'int');
                provider.enable();
                return [probe, provider.status.kind];
            });
            const good = createDTraceProvider(name);
            const ofGood = ['p', '', 'y'.repeat(64)].map((probe) => good.addProbe(probe, 'int'));
            good.enable();
            probes.push(...ofGood.map((probe) => [probe, good.status.kind]));
            return () => probes.map(([probe, kind]) => [probe.fire(() => [5]) ?? null, kind]);
        },
        seen: { p: ['%d', 'arg0'] },
        lines: ['5'],
        told: [[null, 'unavailable'], [null, 'unavailable'], [true, 'visible'], [null, 'visible'], [null, 'visible']],
    },
});
