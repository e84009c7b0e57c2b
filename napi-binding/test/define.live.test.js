'use strict';

/** `defineProvider` with bpftrace watching: what arrives for each type, and when nothing does. */

const { testTogether } = require('./support/watch.js');

/** A case that calls a probe with one argument of the type for each expression. */
function values(type, rows, format, argument = 'arg0') {
    return {
        program: `({ defineProvider }, name) => {
            const { value } = defineProvider(name, { value: { value: ${JSON.stringify(type)} } });
            return () => [${rows.map(([expression]) => `() => ${expression}`)}].forEach((one) => value(one()));
        }`,
        seen: { value: [format, argument] },
        lines: rows.map(([, expected]) => expected),
    };
}

/** A case for an integer: these values, and what is beyond its ends. */
function integer(type, min, max) {
    const signed = min < 0n;
    const rows = [
        ['7', '7'], ['7n', '7'], ['1.9', '1'], ['-0.9', '0'], ['"0x10"', '16'], ['true', '1'],
        ['NaN', '0'], ['undefined', '0'], ['null', '0'], ['({ valueOf: () => 5 })', '0'], ['[5]', '0'], ['Symbol()', '0'],
        [`${max}n`, `${max}`], [`${max}n + 1n`, `${max}`], ['Infinity', `${max}`], ['1e30', `${max}`],
        [`${min}n`, `${min}`], [`${min}n - 1n`, `${min}`], ['-Infinity', `${min}`], ['-1', signed ? '-1' : '0'],
    ];
    return values(type, rows, signed ? '%ld' : '%lu');
}

const INTEGERS = Object.fromEntries([8n, 16n, 32n, 64n].flatMap((bits) => [
    [`u${bits}`, integer(`u${bits}`, 0n, 2n ** bits - 1n)],
    [`i${bits}`, integer(`i${bits}`, -(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n)],
]));

testTogether({
    ...INTEGERS,
    pointer: values('pointer', [
        ['0x7fff12345678', '7fff12345678'], ['2n ** 64n - 1n', 'ffffffffffffffff'], ['null', '0'],
    ], '%lx'),
    f32: values('f32', [
        ['1.5', '3fc00000'], ['-0', '80000000'], ['1e39', '7f800000'], ['"2"', '40000000'], ['undefined', '0'],
    ], '%lx'),
    f64: values('f64', [
        ['0.1', '3fb999999999999a'], ['-0', '8000000000000000'], ['3n', '4008000000000000'], ['{}', '0'],
    ], '%lx'),
    bool: values('bool', [
        ['true', '1'], ['false', '0'], ['""', '0'], ['"0"', '1'], ['NaN', '0'], ['[]', '1'], ['undefined', '0'],
    ], '%d'),
    string: values('string', [
        ['"äöü €"', 'äöü €'], ['"cut\\0x"', 'cut'], ['null', 'null'], ['undefined', 'undefined'], ['[1, 2]', '1,2'],
        ['Symbol("s")', 'Symbol(s)'],
    ], '%s', 'str(arg0)'),
    bytes: values('bytes', [
        ['Buffer.from("hé")', '3: 68 c3 a9'],
        ['new Uint16Array([0x4142])', '2: 42 41'],
        ['new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 3)', '2: 02 03'],
        ['new DataView(new Uint8Array([7, 8]).buffer)', '2: 07 08'],
        ['new Uint8Array([9]).buffer', '1: 09'],
        ['"a\\0b"', '3: 61 00 62'],
    ], '%d: %rh', 'arg1, buf(arg0, arg1)'),
    'bytes of what has none': values(
        'bytes',
        ['undefined', 'null', '7', '({})', 'new Uint8Array(0)', '""'].map((none) => [none, '0 0']),
        '%d %d',
        'arg0, arg1',
    ),
    json: values('json', [
        ['({ a: [1, "x"] })', '{"a":[1,"x"]}'], ['undefined', 'undefined'], ['1n', '{ "error": "stringify failed" }'],
        ['"é"', '"é"'],
    ], '%s', 'str(arg0)'),
});

testTogether({
    'many types at once, where bytes are two operands': {
        program: ({ defineProvider }, name) => {
            const { mixed } = defineProvider(name, { mixed: { a: 'i8', b: 'string', c: 'bytes', d: 'bool', e: 'json' } });
            return () => mixed(-4, 'text', Buffer.from([1, 2]), true, { x: 1 });
        },
        seen: { mixed: ['%d %s %d %d %s', 'arg0, str(arg1), arg3, arg4, str(arg5)'] },
        lines: ['-4 text 2 1 {"x":1}'],
    },
    'names: a property in camel case, one that has a name': {
        program: ({ defineProvider }, name) => {
            const other = { name: 'Named-so', doc: 'A doc.', args: {} };
            const p = defineProvider(name, { requestStart: {}, as_it_is: {}, other });
            return () => (p.requestStart(), p.as_it_is(), p.other());
        },
        seen: { request__start: ['%s', '"start"'], as_it_is: ['%s', '"as it is"'], Named__so: ['%s', '"named"'] },
        lines: ['start', 'as it is', 'named'],
    },
    'fire takes a function, whose array is fired': {
        program: ({ defineProvider }, name) => {
            const { p } = defineProvider(name, { p: { n: 'u64', text: 'string' } });
            return () => {
                p.fire(() => [1, 'array']);
                p.fire(() => 'no array');
                p.fire(() => { throw new Error('thrown'); });
                p.fire(() => [2]);
                p.fire(() => [3, 'more', 'than enough']);
                let complaint;
                try {
                    p.fire([4]);
                } catch (error) {
                    complaint = error.name;
                }
                p();
                p(5, 'called', 'surplus');
                p.call(null, 6, 'any this');
                return [p.enabled, complaint];
            };
        },
        seen: { p: ['%d %s', 'arg0, str(arg1)'] },
        lines: ['1 array', '2 undefined', '3 more', '0 undefined', '5 called', '6 any this'],
        told: [true, 'TypeError'],
    },
    'probes that are added are live at once': {
        program: ({ defineProvider }, name) => {
            const p = defineProvider(name, { first: { n: 'u8' } });
            const all = p.add({ second: { n: 'u8' } }).add({ third: { n: 'u8' }, fourth: { n: 'u8' } });
            return () => (all.first(1), p.second(2), p.third(3), all.fourth(4), p === all);
        },
        seen: Object.fromEntries(['first', 'second', 'third', 'fourth'].map((name) => [name, [`${name} %d`, 'arg0']])),
        lines: ['first 1', 'second 2', 'third 3', 'fourth 4'],
        told: true,
    },
    'nothing fires while the provider is disabled, and nothing is enabled': {
        program: ({ defineProvider }, name) => {
            const provider = defineProvider(name, { p: { n: 'u64' } });
            return () => {
                const enabled = [];
                const fire = (n) => (enabled.push(provider.p.enabled), provider.p(n), provider.p.fire(() => [-n]));
                fire(1);
                provider.disable();
                fire(2);
                provider.enable();
                fire(3);
                return enabled;
            };
        },
        seen: { p: ['%d', 'arg0'] },
        lines: ['1', '0', '3', '0'],
        told: [true, false, true],
    },
    'a provider that was disposed of can be enabled again': {
        program: ({ defineProvider }, name) => {
            const provider = defineProvider(name, { p: { n: 'u64' } });
            const dispose = Symbol.dispose ? () => provider[Symbol.dispose]() : () => provider.disable();
            return () => {
                provider.p(1);
                dispose();
                provider.p(2);
                const { enabled } = provider.p;
                provider.enable();
                provider.p(3);
                return enabled;
            };
        },
        seen: { p: ['%d', 'arg0'] },
        lines: ['1', '3'],
        told: false,
    },
    'what is past the twelfth operand is left out': {
        program: ({ defineProvider }, name) => {
            const args = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`a${i}`, 'u32']));
            const provider = defineProvider(name, { many: args });
            return () => {
                provider.many(...Array.from({ length: 32 }, (_, i) => i + 100));
                return provider.leftOut.map(({ probe, args }) => `${probe} ${args[0]} ${args.length}`);
            };
        },
        seen: { many: ['%d %d', 'arg0, arg5'] },
        lines: ['100 105'],
        told: ['many a12 20'],
    },
    'a firing within a firing leaves the values of the outer one alone': {
        program: ({ defineProvider }, name) => {
            const p = defineProvider(name, { outer: { a: 'string', b: 'json', c: 'bytes' }, inner: { text: 'string' } });
            const toString = () => (p.inner('x'.repeat(60)), 'a');
            const toJSON = () => (p.inner('y'), 1);
            return () => p.outer({ toString }, { toJSON }, 'bytes');
        },
        seen: { outer: ['%s %s %s', 'str(arg0), str(arg1), str(arg2, arg3 + 1)'], inner: ['%s', 'str(arg0)'] },
        lines: ['x'.repeat(60), 'y', 'a 1 bytes'],
    },
});
