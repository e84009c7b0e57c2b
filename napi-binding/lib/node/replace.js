'use strict';

/** Functions of Node in whose place others stand for a while, where it announces nothing itself. */

const { defineProperties, defineProperty, getOwnPropertyDescriptor, getOwnPropertyDescriptors } = Object;
const { apply } = Reflect;

/**
 * Puts a function in the place of a method. It looks like the method: its name, its length, and what `util.promisify` makes of it.
 * @param {object} object
 * @param {string} key
 * @param {(method: Function) => Function} replacementFor
 * @returns {() => void} undoes it
 */
function replace(object, key, replacementFor) {
    const own = getOwnPropertyDescriptor(object, key);
    const method = object[key];
    let on = true;
    const replacement = replacementFor(method);
    // Who has taken it meanwhile, or has put a function of their own around it, goes on calling it: then it only passes on.
    function standIn(...args) {
        return apply(on ? replacement : method, this, args);
    }
    defineProperties(standIn, getOwnPropertyDescriptors(method));
    defineProperty(object, key, { writable: true, configurable: true, enumerable: own?.enumerable ?? false, value: standIn });
    return () => {
        on = false;
        if (object[key] !== standIn) {
            return;
        }
        if (own === undefined) {
            delete object[key];
        } else {
            defineProperty(object, key, own);
        }
    };
}

/** The emitters whose events are seen, and by whom: one function stands in for all who look at an emitter. */
const seen = new Map();

/**
 * Sees an event of an emitter, or of all those that have this prototype, without being a listener: these are counted, and some
 * change what an event does.
 * @param {object} emitter
 * @param {string} event
 * @param {(emitter: any, ...args: any[]) => void} see must not throw
 * @returns {() => void} ends it
 */
function seeEvent(emitter, event, see) {
    if (!seen.has(emitter)) {
        const viewers = new Set();
        seen.set(emitter, { viewers, undo: replace(emitter, 'emit', (emit) => emitBefore(viewers, emit)) });
    }
    const { viewers, undo } = seen.get(emitter);
    const viewer = { event, see };
    viewers.add(viewer);
    return () => {
        viewers.delete(viewer);
        if (viewers.size === 0) {
            seen.delete(emitter);
            undo();
        }
    };
}

function emitBefore(viewers, emit) {
    return function (type, ...args) {
        for (const { event, see } of viewers) {
            if (event === type) {
                see(this, ...args);
            }
        }
        return apply(emit, this, [type, ...args]);
    };
}

/** One function that calls all of these. */
function all(functions) {
    return () => functions.forEach((one) => one());
}

module.exports = { all, replace, seeEvent };
