'use strict';

/**
 * A probe of a `DTraceProvider`. Its state is private to the class: what is no probe is a TypeError, never a crash.
 */

const { fireCallback } = require('./fire.js');

const { apply } = Reflect;

let slotOf;
let ownerOf;

class DTraceProbe {
    #slot;
    #owner;

    /**
     * @param {import('./slot.js').Slot} slot
     * @param {import('./dtrace-provider.js').DTraceProvider} owner
     */
    constructor(slot, owner) {
        this.#slot = slot;
        this.#owner = owner;
        // Whoever has the probe alone keeps its provider too.
        Object.defineProperty(this, '__prov__', { value: owner });
    }

    fire(callback) {
        if (typeof callback !== 'function') {
            throw new TypeError('Must give probe value callback as first argument');
        }
        if (this.#slot.view[0] === 0) {
            return undefined;
        }
        // V8 passes the arguments on as they are. Of `...args` it would make an array before it looks at the semaphore, once
        // it has seen a firing.
        return apply(fireWatched, this, arguments);
    }

    static {
        slotOf = (probe) => probe.#slot;
        ownerOf = (value) =>
            typeof value === 'object' && value !== null && #owner in value ? value.#owner : undefined;
    }
}

/** @this {DTraceProbe} */
function fireWatched(callback, ...args) {
    const slot = slotOf(this);
    return slot.ask() && fireCallback(slot, callback, this, args) ? true : undefined;
}

module.exports = {
    DTraceProbe,
    /** @type {(probe: DTraceProbe) => import('./slot.js').Slot} */
    slotOf,
    /** The provider of a probe; undefined for what is no probe. @type {(value: unknown) => object | undefined} */
    ownerOf,
};
