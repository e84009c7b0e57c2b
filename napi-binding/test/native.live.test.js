'use strict';

/** The native part by itself, with bpftrace watching: each type, hostile values, and what is refused. */

const assert = require('node:assert/strict');
const { test } = require('node:test');
const vm = require('node:vm');

const { observe, usdt } = require('./support/bpftrace.js');
const { native, open, TYPES } = require('./support/native.js');

/** What JavaScript must never do while a probe fires: the native part runs none of it. */
let ran = 0;
const trap = () => {
  ran += 1;
  throw new Error('it ran');
};
const hostile = new Proxy(function () {}, new Proxy({}, { get: () => trap }));
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const objects = [{ valueOf: trap, toString: trap, [Symbol.toPrimitive]: trap }, hostile, revoked.proxy, Symbol('s'), [1], () => 1];

/** Numbers that are hard on integers, and what each range makes of them. */
const NUMBERS = [0, -0, 1, 1.9, -1.9, 255.9, 256, -129, 65536, 2 ** 31, 2 ** 32, -(2 ** 31) - 1, 2 ** 53 - 1, 2 ** 63, 2 ** 64, -(2 ** 63), 1e300, Infinity, -Infinity];
const BIGINTS = [0n, 5n, -5n, 300n, -300n, 2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 64n, -(2n ** 64n), 2n ** 127n, 2n ** 128n, -(10n ** 400n)];
const RANGES = {
  u8: [0n, 2n ** 8n - 1n],
  i8: [-(2n ** 7n), 2n ** 7n - 1n],
  u16: [0n, 2n ** 16n - 1n],
  i16: [-(2n ** 15n), 2n ** 15n - 1n],
  u32: [0n, 2n ** 32n - 1n],
  i32: [-(2n ** 31n), 2n ** 31n - 1n],
  u64: [0n, 2n ** 64n - 1n],
  i64: [-(2n ** 63n), 2n ** 63n - 1n],
  pointer: [0n, 2n ** 64n - 1n],
};

/** The integer that a value is in a range, as the contract says. */
function integer(value, [min, max]) {
  const clamp = (n) => (n < min ? min : n > max ? max : n);
  if (typeof value === 'bigint') return clamp(value);
  const number = ['number', 'boolean', 'string'].includes(typeof value) ? Number(value) : 0;
  if (Number.isNaN(number)) return 0n;
  return Number.isFinite(number) ? clamp(BigInt(Math.trunc(number))) : number > 0 ? max : min;
}

/** Fires each value at a probe with one argument of the type, and compares what bpftrace prints. */
async function fires(type, rows, action) {
  const { fire: [fire], status } = open(`fires_${type}`, { 'value-seen': { value: type } });
  assert.equal(status.kind, 'visible', JSON.stringify(status));
  const output = await observe({ [usdt(status.path, `fires_${type}`, 'value-seen')]: action }, () => {
    for (const [value] of rows) assert.equal(fire(value), undefined);
  }, { strlen: 200 });
  assert.deepEqual(output.lines, rows.map(([, expected]) => expected));
  assert.equal(output.lost, 0, output.stderr);
  assert.equal(ran, 0, 'code of JavaScript ran');
}

for (const [type, range] of Object.entries(RANGES)) {
  test(`${type} is cut toward zero and held in its range`, async () => {
    const strings = ['', ' 12 ', '0x10', '1e3', '-7', '12px', '∞', 'Infinity', '99999999999999999999', '1'.repeat(400)];
    const values = [...NUMBERS, NaN, ...BIGINTS, true, false, null, undefined, ...strings, ...objects, new Uint8Array(3)];
    const signed = range[0] < 0n;
    await fires(type, values.map((value) => [value, String(integer(value, range))]), `printf("${signed ? '%ld' : '%lu'}\\n", arg0);`);
  });
}

/** The bits of a float, in hexadecimal. */
function bits(value, wide) {
  const view = new DataView(new ArrayBuffer(8));
  if (wide) view.setFloat64(0, value);
  else view.setFloat32(4, value);
  return view.getBigUint64(0).toString(16);
}

for (const type of ['f32', 'f64']) {
  test(`${type} is the nearest`, async () => {
    const numbers = [0.1, -0, 1.5, 1e39, 1e-320, Infinity, -Infinity, 2 ** 53 + 2];
    const bigints = [0n, -3n, 2n ** 53n + 1n, 2n ** 64n + 2n ** 11n, 2n ** 64n + 2n ** 11n + 1n, 2n ** 128n + 2n ** 75n, 2n ** 128n + 2n ** 75n + 1n, 2n ** 1023n, 2n ** 1024n - 2n ** 970n, 2n ** 1024n, -(10n ** 400n)];
    const others = [true, false, '', '0x10', '2.5', null];
    const nothing = [undefined, ...objects];
    const rows = [...numbers, ...bigints, ...others].map((value) => [value, bits(Number(value), type === 'f64')]);
    await fires(type, [...rows, ...nothing.map((value) => [value, '0'])], 'printf("%lx\\n", arg0);');
  });
}

test('bool is whether a value counts as true', async () => {
  const values = [true, false, 0, -0, NaN, 1, -1, '', '0', 0n, 1n, null, undefined, ...objects];
  await fires('bool', values.map((value) => [value, String(Number(Boolean(value)))]), 'printf("%d\\n", arg0);');
});

for (const type of ['str', 'cstr', 'json']) {
  test(`${type} is text, and what String(value) gives of other primitives`, async () => {
    const same = ['', 'plain', 'äöü €', '😀', '{"a":[1,"x"]}', 'x'.repeat(190), 1, -0, 0.1, 1e21, NaN, -Infinity, 7n, -(10n ** 30n), true, false, null, undefined];
    const rows = [
      ...same.map((value) => [value, String(value)]),
      ['cut\0here', 'cut'],
      ['\0', ''],
      ['lone \ud800 and \udc00', 'lone \ufffd and \ufffd'],
      ...objects.map((value) => [value, 'undefined']),
    ];
    await fires(type, rows, 'printf("%s\\n", str(arg0));');
  });
}

test('bytes are those of buffers, of views, and of strings', async () => {
  const buffer = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
  const detached = new Uint8Array(4);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const detachedView = new DataView(new ArrayBuffer(4), 2);
  structuredClone(detachedView.buffer, { transfer: [detachedView.buffer] });
  const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(9);
  const nothing = '0: ';
  const rows = [
    [buffer, '8: 01 02 03 04 05 06 07 08'],
    [new Uint8Array(buffer, 2, 3), '3: 03 04 05'],
    [new DataView(buffer, 6), '2: 07 08'],
    [new BigUint64Array(buffer), '8: 01 02 03 04 05 06 07 08'],
    [new Uint16Array([0x4142]), '2: 42 41'],
    [new Float64Array([1]), '8: 00 00 00 00 00 00 f0 3f'],
    [new Uint8ClampedArray([300]), '1: ff'],
    [Buffer.from('hé'), '3: 68 c3 a9'],
    [Buffer.alloc(100_000, 7).subarray(99_998), '2: 07 07'],
    [shared, '4: 09 09 09 09'],
    ['hé\0x', '5: 68 c3 a9 00 78'],
    ['\ud800', '3: ef bf bd'],
    ...['', new Uint8Array(0), new ArrayBuffer(0), detached, detached.buffer, detachedView].map((value) => [value, nothing]),
    ...[1, 1n, true, null, undefined, ...objects].map((value) => [value, nothing]),
  ];
  if (globalThis.Float16Array !== undefined) rows.push([new Float16Array([1]), '2: 00 3c']);
  if (ArrayBuffer.prototype.resize !== undefined) {
    const resizable = new ArrayBuffer(8, { maxByteLength: 16 });
    const [tracking, outOfBounds] = [new Uint8Array(resizable), new Uint8Array(resizable, 4, 4)];
    resizable.resize(2);
    rows.push([tracking, '2: 00 00'], [outOfBounds, nothing]);
  }
  await fires('bytes', rows, 'if (arg1 == 0) { printf("%d: %s\\n", arg1, arg0 == 0 ? "" : "an address"); } else { printf("%d: %rh\\n", arg1, buf(arg0, arg1)); }');
});

test('long strings arrive whole, many of them at once', async () => {
  const args = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`s${i}`, 'str']));
  const { fire: [fire], status } = open('long', { one: { text: 'str', after: 'u64' }, many: args, bytes: { bytes: 'bytes' } });
  const [, many] = open('long', { one: { text: 'str', after: 'u64' }, many: args, bytes: { bytes: 'bytes' } }).fire;
  const mebibyte = 'ä'.repeat(2 ** 19 - 3) + 'ending';
  // Around the 512 bytes that need no allocation, and around the three bytes that a cut character leaves.
  const lengths = [170, 171, 172, 508, 509, 510, 511, 512, 513, 514, 519, 520, 521, 522, 523, 524, 525, 600];
  const programs = {
    [usdt(status.path, 'long', 'one')]: 'printf("%s %d\\n", str(arg0 + arg1), arg1);',
    [usdt(status.path, 'long', 'many')]: 'printf("%s %s %s %s\\n", str(arg0), str(arg1), str(arg4), str(arg5));',
  };
  const parts = (length) => Array.from({ length: 12 }, (_, i) => String.fromCodePoint(97 + i).repeat(length));
  const { lines } = await observe(programs, () => {
    fire(mebibyte, Buffer.byteLength(mebibyte) - 6);
    for (const length of lengths) {
      fire(`${'x'.repeat(length - 4)}-end`, length - 4);
      fire(`${'€'.repeat(length - 4)}-end`, (length - 4) * 3);
    }
    for (const length of [1, 42, 43, 44, 60]) many(...parts(length));
  });
  const tails = lengths.flatMap((length) => [`-end ${length - 4}`, `-end ${(length - 4) * 3}`]);
  const all = [1, 42, 43, 44, 60].map((length) => [0, 1, 4, 5].map((i) => parts(length)[i]).join(' '));
  assert.deepEqual(lines, [`ending ${Buffer.byteLength(mebibyte) - 6}`, ...tails, ...all]);
});

test('arguments that are missing are undefined, those that are too many are ignored', async () => {
  const args = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`a${i}`, 'u32']));
  const { fire: [few, many], leftOut, status } = open('counts', { few: { n: 'i64', text: 'str', bytes: 'bytes' }, many: args });
  assert.deepEqual(leftOut, [[], Array.from({ length: 20 }, (_, i) => i + 12)]);
  const programs = {
    [usdt(status.path, 'counts', 'few')]: 'printf("%d %s %d %d\\n", arg0, str(arg1), arg2, arg3);',
    [usdt(status.path, 'counts', 'many')]: 'printf("%d %d %d\\n", arg0, arg1, arg5);',
  };
  const { lines } = await observe(programs, () => {
    few();
    few(1);
    few(2, 'x', null, 'surplus', hostile);
    new few(3, 'constructed');
    few.apply(null, Array.from({ length: 10_000 }, () => 4));
    many(...Array.from({ length: 40 }, (_, i) => i + 100));
  });
  assert.deepEqual(lines, ['0 undefined 0 0', '1 undefined 0 0', '2 x 0 0', '3 constructed 0 0', '4 4 0 0', '100 101 105']);
});

test('an argument of two operands that does not fit is left out whole', () => {
  const eleven = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`a${i}`, 'u8']));
  assert.deepEqual(open('whole', { probe: { ...eleven, bytes: 'bytes', last: 'u8' } }).leftOut, [[11, 12]]);
});

test('semaphores are the memory that tracers raise, one a probe', async () => {
  const { semaphores, fire, status } = open('raised', { first: {}, second: { n: 'u64' }, third: {} });
  assert.ok(semaphores instanceof Uint16Array);
  assert.deepEqual([...semaphores], [0, 0, 0]);
  fire[1](1);
  const seen = [];
  const { lines } = await observe({ [usdt(status.path, 'raised', 'second')]: 'printf("%d\\n", arg0);' }, () => {
    seen.push([...semaphores]);
    fire[0]();
    fire[1](2);
  });
  assert.deepEqual(lines, ['2']);
  assert.deepEqual(seen, [[0, 1, 0]]);
  assert.deepEqual([...semaphores], [0, 0, 0]);
});

test('the same definition twice is the same probes', async () => {
  const opened = [1, 2].map(() => open('twice', { probe: { n: 'u64' } }));
  const { lines } = await observe({ [usdt(opened[0].status.path, 'twice', 'probe')]: 'printf("%d\\n", arg0);' }, () => {
    assert.deepEqual(opened.map(({ semaphores }) => semaphores[0]), [1, 1]);
    opened.forEach(({ fire: [fire] }, i) => fire(i));
  });
  assert.deepEqual(lines, ['0', '1']);
});

test('a provider may have no probes, and thousands', () => {
  assert.deepEqual({ ...open('none', {}), status: null }, { fire: [], status: null, leftOut: [], enabled: null, semaphores: new Uint16Array(0) });
  const probes = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`p${i}`, { a: 'u64', b: 'str' }]));
  const { fire, semaphores, leftOut } = open('thousands', probes);
  assert.deepEqual([fire.length, semaphores.length, leftOut.length, fire[4_999].name], [5_000, 5_000, 5_000, 'p4999']);
});

test('what it says of itself', () => {
  assert.deepEqual(Object.keys(native).sort(), ['backend', 'open', 'recorder', 'version']);
  assert.equal(native.backend, 'linux');
  assert.match(native.version, /^\d+\.\d+\.\d+$/);
});

const probe = (more) => ({ name: 'p', doc: '', args: [], ...more });
const REFUSED = {
  'no arguments': [],
  'a name that is no string': [1, []],
  'a name that is an object': [{ toString: trap }, []],
  'a bad name': ['or-ders', []],
  'an empty name': ['', []],
  'a name of 54 bytes': ['p'.repeat(54), []],
  'no probes': ['x'],
  'probes that are no array': ['x', 'probes'],
  'probes without a length': ['x', {}],
  'a length below zero': ['x', { length: -1 }],
  'a fraction as length': ['x', { length: 0.5 }],
  'a length without end': ['x', { length: Infinity }],
  'more probes than possible': ['x', { length: 2 ** 32 - 1 }],
  'a probe that is none': ['x', [null]],
  'a hole': ['x', [,]],
  'a probe without a name': ['x', [{ doc: '', args: [] }]],
  'a probe whose name is a String object': ['x', [probe({ name: Object('p') })]],
  'a probe without a doc': ['x', [{ name: 'p', args: [] }]],
  'a doc with NUL': ['x', [probe({ doc: 'a\0b' })]],
  'a bad probe': ['x', [probe({ name: 'a b' })]],
  'two of one name': ['x', [probe(), probe()]],
  'two that are spelled the same': ['x', [probe({ name: 'a-b' }), probe({ name: 'a__b' })]],
  '33 arguments': ['x', [probe({ args: Array.from({ length: 33 }, (_, i) => [`a${i}`, 1]) })]],
  'an argument that is none': ['x', [probe({ args: [7] })]],
  'a symbol as argument': ['x', [probe({ args: [Symbol('s')] })]],
  'an argument without a type': ['x', [probe({ args: [['a']] })]],
  ...Object.fromEntries([0, 9, 10, 12, 20, 21, 22, 263, -1, 1.5, NaN, '7', 7n, null].map((type) => [`the type ${String(type)}`, ['x', [probe({ args: [['a', type]] })]]])),
};
for (const [what, args] of Object.entries(REFUSED)) {
  test(`refused: ${what}`, () => {
    assert.throws(() => native.open(...args), { name: 'TypeError', code: 'ERR_USDT_DEFINITION', message: /./ });
    assert.equal(ran, 0, 'code of JavaScript ran');
  });
}

test('an exception of a definition goes on to the caller as it is', () => {
  const boom = new RangeError('boom');
  const throws = (name) => Object.defineProperty(probe(), name, { get() { throw boom; } });
  const proxy = (target) => new Proxy(target, { get(of, key) { if (key === 'length' || key === '1') throw boom; return of[key]; } });
  const definitions = [
    ...['name', 'doc', 'args'].map((name) => [throws(name)]),
    proxy([probe()]),
    [probe(), throws('name')],
    [probe({ args: proxy([['a', 7]]) })],
    [probe({ args: [proxy(['a', 7])] })],
  ];
  for (const probes of definitions) assert.throws(() => native.open('x', probes), (error) => error === boom);
  for (const probes of [revoked.proxy, [revoked.proxy]]) assert.throws(() => native.open('x', probes), /has been revoked/);
});

test('definitions may come from proxies, other realms, and getters that come back', () => {
  const args = [['n', TYPES.u64]];
  assert.equal(native.open('x', new Proxy([new Proxy(probe({ args: new Proxy(args, {}) }), {})], {})).fire.length, 1);
  assert.equal(vm.runInNewContext('open("x", [{ name: "p", doc: "", args: [["n", 7]] }]).fire.length', { open: native.open }), 1);
  let inner;
  const reentrant = { get name() { inner = native.open('inner', [probe()]); return 'p'; }, doc: '', args };
  assert.equal(native.open('outer', [reentrant]).fire.length, 1);
  assert.equal(inner.fire.length, 1);
});

test('what is given is whole, whatever somebody has made of Object.prototype', () => {
  const names = ['fire', 'status', 'leftOut', 'semaphores', 'kind', 'path'];
  for (const name of names) Object.defineProperty(Object.prototype, name, { set: trap, get: trap, configurable: true });
  try {
    const opened = open('polluted', { p: { n: 'u64' } });
    assert.deepEqual([opened.fire.length, opened.leftOut, opened.semaphores.length, opened.status.kind], [1, [[]], 1, 'visible']);
  } finally {
    for (const name of names) delete Object.prototype[name];
  }
  assert.equal(ran, 0);
});
