'use strict';

/**
 * The API of the package dtrace-provider 0.8.8, for programs that were written for it.
 *
 * Names that tracers can't take never stop such a program. Characters that can't stand in a name are `_` to tracers; a probe
 * whose name is empty or too long is not visible, and `status` says so.
 */

const { DTraceProbe, ownerOf, slotOf } = require('./dtrace-probe.js');
const { Group, unavailable } = require('./group.js');
const { nearestProbe, nearestProvider, probeProblem, providerProblem } = require('./names.js');
const { LateSlot } = require('./slot.js');
const { MAX_ARGUMENTS, TYPES } = require('./types.js');
const { toText } = require('./values.js');

class DTraceProvider {
    #group;
    /** Why tracers can't take the provider's name, or null. */
    #problem;
    /** @type {Set<DTraceProbe>} those that were not removed */
    #probes = new Set();
    /** @type {Map<DTraceProbe, { name: string, reason: string }>} those of them that tracers can't see */
    #hidden = new Map();

    /**
     * @param {string} name
     * @param {string} [module] a part of a probe's name where the system has one; here it is checked alone
     */
    constructor(name, module) {
        if (typeof name !== 'string') {
            throw new TypeError('Must give provider name as argument');
        }
        if (arguments.length > 2) {
            throw new Error('Expected only provider name and module as arguments');
        }
        if (arguments.length === 2 && typeof module !== 'string') {
            throw new TypeError('Must give module name as argument');
        }
        const visible = nearestProvider(name);
        this.#problem = providerProblem(visible);
        this.#group = new Group(visible);
    }

    addProbe(name, ...types) {
        const probes = this.#probes; // first of all, so that another receiver is a TypeError and stays as it was
        const key = `${name}`;
        const slot = slotFor(key, types);
        const probe = new DTraceProbe(slot, this);
        // Its own property whatever it is called, also `__proto__`.
        Reflect.defineProperty(this, key, { value: probe, writable: true, enumerable: true, configurable: true });
        probes.add(probe);
        const reason = this.#problem ?? probeProblem(slot.definition.name);
        if (reason === null) {
            this.#group.add([slot]);
        } else {
            this.#hidden.set(probe, Object.freeze({ name: key, reason }));
        }
        return probe;
    }

    removeProbe(probe) {
        const probes = this.#probes;
        if (ownerOf(probe) === undefined) {
            throw new TypeError('Must give probe as argument');
        }
        if (!probes.delete(probe)) {
            throw new Error('failed to remove probe: it is none of this provider');
        }
        this.#hidden.delete(probe);
        this.#group.remove(slotOf(probe));
        Reflect.deleteProperty(this, slotOf(probe).key);
        return true;
    }

    enable() {
        if (this.#probes.size === 0) {
            throw new Error('no probes defined');
        }
        this.#group.enable();
    }

    disable() {
        this.#group.disable();
    }

    fire(name, callback, ...args) {
        if (!(#group in this)) {
            throw new TypeError('Not called on a provider');
        }
        if (typeof name !== 'string') {
            throw new TypeError('Must give probe name as first argument');
        }
        if (typeof callback !== 'function') {
            throw new TypeError('Must give probe value callback as second argument');
        }
        const probe = this[name];
        if (ownerOf(probe) !== this) {
            return undefined;
        }
        DTraceProbe.prototype.fire.call(probe, callback, ...args);
        return true;
    }

    /** What tracers can see of the provider; dtrace-provider had no such property. */
    get status() {
        const status = this.#problem === null ? this.#group.status : unavailable(this.#problem);
        return Object.freeze({ ...status, hidden: Object.freeze([...this.#hidden.values()]) });
    }

    /** A program may keep something of its own under this name. */
    set status(value) {
        Object.defineProperty(this, 'status', { value, writable: true, enumerable: true, configurable: true });
    }
}

/** @param {string} name @param {unknown[]} types */
function slotFor(name, types) {
    const known = types.slice(0, MAX_ARGUMENTS).map(typeNamed);
    const args = known.map(({ code }, i) => [`arg${i}`, code]);
    const definition = { name: nearestProbe(name), doc: '', args };
    return new LateSlot(name, definition, known.map(({ prepare }) => prepare));
}

/** How a type begins decides what it is. What isn't known is text. */
function typeNamed(type) {
    const text = toText(type);
    if (text.startsWith('json')) {
        return TYPES.json;
    }
    return text.startsWith('int') ? TYPES.i64 : TYPES.string;
}

/**
 * @param {string} name
 * @param {string} [module]
 */
function createDTraceProvider(name, module) {
    return arguments.length === 2 ? new DTraceProvider(name, module) : new DTraceProvider(name);
}

module.exports = { DTraceProvider, createDTraceProvider };
