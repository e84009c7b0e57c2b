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
 * @param {string} [stack] for the arguments that have no value, if the probe has any
 */
function fireValues(slot, values, stack) {
    const { prepare } = slot;
    const prepared = new Array(prepare.length);
    let passed = 0;
    for (let i = 0; i < prepare.length; i += 1) {
        if (prepare[i] === null) {
            prepared[i] = stack;
        } else {
            prepared[i] = prepare[i](elementOf(values, passed));
            passed += 1;
        }
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
 * @param {string} [stack] as for {@link fireValues}
 * @returns {boolean} whether it fired
 */
function fireCallback(slot, callback, receiver, args, stack) {
    try {
        const values = apply(callback, receiver, args);
        if (!isArray(values)) { // throws for a revoked proxy
            return false;
        }
        fireValues(slot, values, stack);
        return true;
    } catch {
        return false;
    }
}

module.exports = { fireCallback, fireValues };
