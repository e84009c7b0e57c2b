'use strict';

/**
 * The probes of one provider: opened together when the provider is enabled, alone when they come later.
 */

const native = require('./native.js');
const { spelling } = require('./names.js');

/** The most probes that the native part takes at once. */
const MAX_PROBES = 16_384;

class Group {
    #provider;
    #enabled = false;
    /** @type {Set<import('./slot.js').Slot>} */
    #slots = new Set();
    #status = null;

    /** @param {string} provider a name that tracers take */
    constructor(provider) {
        this.#provider = provider;
    }

    /** @param {Iterable<import('./slot.js').Slot>} slots */
    add(slots) {
        for (const slot of slots) {
            this.#slots.add(slot);
        }
        if (this.#enabled) {
            this.enable();
        }
    }

    /** @param {import('./slot.js').Slot} slot */
    remove(slot) {
        this.#slots.delete(slot);
        slot.disconnect();
    }

    /** Makes the probes live; what has been opened before is used again. */
    enable() {
        this.#enabled = true;
        native.whenLoaded(() => {
            if (this.#enabled) {
                this.#openAll();
                this.#slots.forEach((slot) => slot.connect());
            }
        });
    }

    /** No probe fires any more. */
    disable() {
        this.#enabled = false;
        this.#slots.forEach((slot) => slot.disconnect());
    }

    /** Disables, and lets go of what was opened. */
    close() {
        this.disable();
        this.#slots.forEach((slot) => {
            slot.opened = null;
        });
        this.#status = null;
    }

    /** Of what was opened first, since the probes that a program begins with are opened together. */
    get status() {
        return this.#status ?? unavailable(this.#enabled ? 'no probe has been opened yet' : 'the provider is not enabled');
    }

    /** Two probes of one name can't be in one image: the second one goes into another, and so do those that are too many. */
    #openAll() {
        let waiting = [...this.#slots].filter((slot) => slot.opened === null);
        while (waiting.length > 0) {
            const batch = new Map();
            const later = [];
            for (const slot of waiting) {
                const name = spelling(slot.definition.name);
                if (batch.has(name) || batch.size === MAX_PROBES) {
                    later.push(slot);
                } else {
                    batch.set(name, slot);
                }
            }
            this.#open([...batch.values()]);
            waiting = later;
        }
    }

    #open(slots) {
        const opened = open(this.#provider, slots.map((slot) => slot.definition));
        slots.forEach((slot, index) => {
            slot.opened = opened;
            slot.index = index;
        });
        this.#status ??= Object.freeze({ ...opened.status });
    }
}

/** Opens, or says in the status why not: no program stops because it can't be traced. */
function open(provider, definitions) {
    let status;
    try {
        const opened = native.open(provider, definitions);
        if (opened.semaphores !== null || opened.status.kind === 'unavailable') {
            return opened;
        }
        status = unavailable("this host doesn't share memory with native code");
    } catch (error) {
        status = unavailable(String(error?.message ?? error));
    }
    return { semaphores: null, fire: [], status, leftOut: definitions.map(() => []) };
}

function unavailable(reason) {
    return Object.freeze({ kind: 'unavailable', reason });
}

module.exports = { Group, unavailable };
