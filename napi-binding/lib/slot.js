'use strict';

/**
 * One probe as the code that fires it sees it. `slot.view[0]` is the number of tracers that watch.
 *
 * A view of one element and one class for all probes: of the shapes that were measured this is the one that V8 turns into
 * the fewest loads, because it remembers which class a field of an object holds, and doesn't for variables of closures.
 *
 * It also remembers whether such a field was ever changed: the address of the semaphore is a constant in the machine code of
 * what fires as long as no `view` was. So a slot has none until it is known whether the probe can be watched: see `settle`.
 */

/** What every probe that nobody can watch points to. Nothing ever changes it. */
const UNWATCHED = new Uint16Array(new ArrayBuffer(2));

function nothing() {}

class Slot {
    /**
     * @param {string} key what the program calls the probe
     * @param {import('./native.js').Definition} definition
     * @param {Array<(value: unknown) => unknown>} prepare one an argument
     */
    constructor(key, definition, prepare) {
        this.send = nothing;
        this.key = key;
        this.definition = definition;
        this.prepare = prepare;
        /** @type {import('./native.js').Opened | null} what was opened for it, and its place in there */
        this.opened = null;
        this.index = 0;
    }

    /** To be called before the probe may be fired: if it isn't connected by now, nobody can watch it yet. */
    settle() {
        this.view ??= UNWATCHED;
    }

    /** Lets the probe be watched through what was opened for it. */
    connect() {
        const { semaphores, fire } = this.opened;
        if (semaphores !== null && (this.view ?? UNWATCHED) === UNWATCHED) {
            const { buffer, byteOffset, BYTES_PER_ELEMENT } = semaphores;
            this.view = new Uint16Array(buffer, byteOffset + this.index * BYTES_PER_ELEMENT, 1);
            this.send = fire[this.index];
        }
    }

    /** Nobody can watch the probe any more. */
    disconnect() {
        this.view = UNWATCHED;
        this.send = nothing;
    }
}

module.exports = { Slot };
