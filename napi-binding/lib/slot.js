'use strict';

/**
 * One probe as the code that fires it sees it. `slot.view[0]` is the number of tracers that watch; where tracers change no memory
 * it is always 1, and `slot.ask()` says whether one watches. Elsewhere there is nothing to ask, and the answer is yes.
 *
 * A view of one element and one class for all probes: of the shapes that were measured this is the one that V8 turns into
 * the fewest loads, because it remembers which class a field of an object holds, and doesn't for variables of closures.
 *
 * It also remembers whether such a field was ever changed: as long as no `view` was, the address of the semaphore is a constant
 * in the machine code of what fires; as long as no `send` was, so is the native function, and calling that is twice as
 * fast on Node 18 and 20. So a slot has neither until it is known whether the probe can be watched: see `settle`.
 */

/** What every probe that nobody can watch points to. Nothing ever changes it. */
const UNWATCHED = new Uint16Array(new ArrayBuffer(2));

function nothing() {}

function always() {
    return true;
}

class Slot {
    /**
     * @param {string} key what the program calls the probe
     * @param {import('./native.js').Definition} definition
     * @param {Array<((value: unknown) => unknown) | null>} prepare one an argument, null for a stack
     */
    constructor(key, definition, prepare) {
        this.key = key;
        this.definition = definition;
        this.prepare = prepare;
        /** @type {import('./native.js').Opened | null} what was opened for it, and its place in there */
        this.opened = null;
        this.index = 0;
    }

    /** To be called before the probe may be fired: if it isn't connected by now, nobody can watch it yet. */
    settle() {
        if (this.view === undefined) {
            this.disconnect();
        }
    }

    /** Lets the probe be watched through what was opened for it. */
    connect() {
        const { semaphores, fire, enabled } = this.opened;
        if (semaphores !== null && (this.view ?? UNWATCHED) === UNWATCHED) {
            const { buffer, byteOffset, BYTES_PER_ELEMENT } = semaphores;
            this.view = new Uint16Array(buffer, byteOffset + this.index * BYTES_PER_ELEMENT, 1);
            this.send = fire[this.index];
            this.ask = enabled?.[this.index] ?? always;
        }
    }

    /** Nobody can watch the probe any more. */
    disconnect() {
        this.view = UNWATCHED;
        this.send = nothing;
        this.ask = always;
    }
}

/**
 * A probe that may be fired before it is known whether it can be watched. Its `view` and `send` change later: a class of its
 * own keeps that from those that don't.
 */
class LateSlot extends Slot {
    constructor(key, definition, prepare) {
        super(key, definition, prepare);
        this.settle();
    }
}

module.exports = { LateSlot, Slot };
