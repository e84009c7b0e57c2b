'use strict';

/**
 * Values that do harm to whoever reads them without care.
 */

const vm = require('node:vm');

function bomb() {
    throw new Error('this must not get out');
}

function revoked(target) {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
}

function detached() {
    const bytes = new Uint8Array(8);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return bytes;
}

const everyTrap = Object.fromEntries(
    Object.getOwnPropertyNames(Reflect).map((trap) => [trap, bomb]),
);

/** Values, by a name for the test's message. */
const values = {
    'an object with throwing getters': Object.defineProperty({}, 'x', { get: bomb, enumerable: true }),
    'an object whose conversions throw': { toString: bomb, valueOf: bomb, toJSON: bomb },
    'an object that is converted to an object': { toString: () => ({}), valueOf: () => ({}), toJSON: () => undefined },
    'an object without a prototype': Object.create(null),
    'a proxy whose traps throw': new Proxy({}, everyTrap),
    'a proxy for a function whose traps throw': new Proxy(() => 1, everyTrap),
    'a revoked proxy': revoked({}),
    'a revoked proxy for an array': revoked([]),
    'a revoked proxy for a function': revoked(() => 1),
    'a symbol': Symbol('s'),
    'a bigint beyond 64 bits': 1n << 70n,
    'a detached view': detached(),
    'a detached buffer': detached().buffer,
    'a view of shared memory': new Uint8Array(new SharedArrayBuffer(4)),
    'a ring': (() => {
        const ring = {};
        ring.ring = ring;
        return ring;
    })(),
    'a lone surrogate': 'a\ud800b',
    'a long text': 'x'.repeat(1 << 20),
    'a function': bomb,
    'a class': class {},
    'an array of another realm': vm.runInNewContext('[1, 2]'),
    'an object of another realm': vm.runInNewContext('({ toString() { throw 1; } })'),
    'a date that is none': new Date(NaN),
};

module.exports = { bomb, everyTrap, revoked, values };
