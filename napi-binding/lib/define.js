'use strict';

/**
 * `defineProvider`: probes as functions, with types.
 */

const { demand, readProbes } = require('./definition.js');
const { fireCallback, fireValues } = require('./fire.js');
const { Group } = require('./group.js');
const { providerProblem, spelling } = require('./names.js');

class Provider {
    #group;
    /** @type {import('./slot.js').Slot[]} */
    #slots = [];

    /** @param {string} name */
    constructor(name) {
        this.#group = new Group(name);
        this.#group.enable();
    }

    add(probes) {
        const slots = readProbes(probes, this.#slots.map((slot) => spelling(slot.definition.name)));
        for (const { key } of slots) {
            // `then` would make a promise wait for the provider.
            demand(!(key in this) && key !== 'then', `probe '${key}': the provider has another property of this name`);
        }
        for (const slot of slots) {
            Object.defineProperty(this, slot.key, { value: probeFor(slot), enumerable: true });
        }
        this.#slots.push(...slots);
        this.#group.add(slots);
        return this;
    }

    enable() {
        this.#group.enable();
    }

    disable() {
        this.#group.disable();
    }

    get status() {
        return this.#group.status;
    }

    get leftOut() {
        return this.#slots.flatMap(({ key, definition, opened, index }) => {
            const left = opened?.leftOut[index] ?? [];
            return left.length === 0 ? [] : [{ probe: key, args: left.map((i) => definition.args[i][0]) }];
        });
    }

    static {
        // Where the runtime has `using` and `await using`.
        if (Symbol.dispose) {
            define(this.prototype, Symbol.dispose, function dispose() {
                this.#group.close();
            });
        }
        if (Symbol.asyncDispose) {
            define(this.prototype, Symbol.asyncDispose, async function asyncDispose() {
                this.#group.close();
            });
        }
    }
}

function define(object, key, value) {
    Object.defineProperty(object, key, { value, writable: true, configurable: true });
}

/** @param {import('./slot.js').Slot} slot */
function probeFor(slot) {
    function probe(...values) {
        if (slot.view[0] === 0) {
            return;
        }
        fireValues(slot, values);
    }
    function fire(callback) {
        if (typeof callback !== 'function') {
            throw new TypeError('fire takes a function that returns the arguments in an array');
        }
        if (slot.view[0] !== 0) {
            fireCallback(slot, callback, undefined, []);
        }
    }
    return Object.defineProperties(probe, {
        name: { value: slot.key },
        length: { value: slot.prepare.length },
        enabled: { get: () => slot.view[0] !== 0, enumerable: true },
        fire: { value: fire, enumerable: true },
    });
}

/**
 * @param {string} name
 * @param {object} probes
 */
function defineProvider(name, probes) {
    demand(typeof name === 'string', 'the name of the provider must be a string');
    const problem = providerProblem(name);
    demand(problem === null, `provider '${name}': ${problem}`);
    return new Provider(name).add(probes);
}

module.exports = { defineProvider };
