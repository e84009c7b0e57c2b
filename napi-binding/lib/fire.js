'use strict';

/**
 * A firing that somebody watches. Nothing that happens here may reach the program: not what its own code throws while
 * its values are read, nor a firing within a firing (nothing is shared between two of them).
 */

const { apply } = Reflect;
const { isArray } = Array;

/**
 * @param {import('./slot.js').Slot} slot
 * @param {ArrayLike<unknown>} values missing ones are `undefined`, surplus ones are ignored
 */
function fireValues(slot, values) {
    const { prepare } = slot;
    const prepared = new Array(prepare.length);
    for (let i = 0; i < prepare.length; i += 1) {
        prepared[i] = prepare[i](elementOf(values, i));
    }
    apply(slot.send, undefined, prepared);
}

/** The most arguments that {@link fireSeparate} takes. */
const MAX_SEPARATE = 6;

/**
 * The same for values that are in no array; no array is made for the most frequent probes either.
 * @param {import('./slot.js').Slot} slot one of at most {@link MAX_SEPARATE} arguments
 */
function fireSeparate(slot, a, b, c, d, e, f) {
    const { prepare } = slot;
    switch (prepare.length) {
        case 0:
            slot.send();
            break;
        case 1: {
            const first = prepare[0](a);
            slot.send(first); // asked for it last: preparing may have run code that disables the provider
            break;
        }
        case 2: {
            const first = prepare[0](a);
            const second = prepare[1](b);
            slot.send(first, second);
            break;
        }
        default:
            fireValues(slot, [a, b, c, d, e, f]);
    }
}

/** An element of what may be a proxy, or have getters. */
function elementOf(values, i) {
    try {
        return values[i];
    } catch {
        return undefined;
    }
}

/**
 * Fires what the callback returns, if that is an array.
 * @param {import('./slot.js').Slot} slot
 * @param {Function} callback
 * @param {unknown} receiver the callback's `this`
 * @param {unknown[]} args the callback's arguments
 * @returns {boolean} whether it fired
 */
function fireCallback(slot, callback, receiver, args) {
    try {
        const values = apply(callback, receiver, args);
        if (!isArray(values)) { // throws for a revoked proxy
            return false;
        }
        fireValues(slot, values);
        return true;
    } catch {
        return false;
    }
}

module.exports = { MAX_SEPARATE, fireCallback, fireSeparate, fireValues };
