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

module.exports = { fireCallback, fireValues };
