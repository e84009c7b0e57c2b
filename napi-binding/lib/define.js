'use strict';

/**
 * `defineProvider`: probes as functions, with types.
 */

const { demand, readProbes } = require('./definition.js');
const { fireCallback, fireValues } = require('./fire.js');
const { Group } = require('./group.js');
const { providerProblem, spelling } = require('./names.js');
const { Slot } = require('./slot.js');
const { stackAbove } = require('./stack.js');

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
        this.#slots.push(...slots);
        this.#group.add(slots);
        for (const slot of slots) {
            slot.settle();
            Object.defineProperty(this, slot.key, { value: probeFor(slot), enumerable: true });
        }
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
    const hasStack = slot.prepare.includes(null);
    const probe = (hasStack ? ofStack : OF_FEW[slot.prepare.length] ?? ofMany)(slot, slot.prepare);
    function fire(callback) {
        if (typeof callback !== 'function') {
            throw new TypeError('fire takes a function that returns the arguments in an array');
        }
        if (slot.view[0] !== 0 && slot.ask()) {
            fireCallback(slot, callback, undefined, [], hasStack ? stackAbove(fire) : undefined);
        }
    }
    return Object.defineProperties(probe, {
        name: { value: slot.key },
        length: { value: slot.prepare.filter((prepare) => prepare !== null).length },
        enabled: { get: () => slot.view[0] !== 0 && slot.ask(), enumerable: true },
        fire: { value: fire, enumerable: true },
    });
}

/**
 * Probes of so many arguments as the place in the list says.
 *
 * Without `...values`: V8 makes an array of them before it looks at the semaphore, once it has seen a firing. And without a
 * call in between: here V8 knows the slot, and so which functions prepare and send. `send` is looked up last, since preparing
 * may run code that disables the provider.
 */
const OF_FEW = [
    (slot) => function probe() {
        if (slot.view[0] !== 0 && slot.ask()) {
            slot.send();
        }
    },
    (slot, [first]) => function probe(a) {
        if (slot.view[0] !== 0 && slot.ask()) {
            const x = first(a);
            slot.send(x);
        }
    },
    (slot, [first, second]) => function probe(a, b) {
        if (slot.view[0] !== 0 && slot.ask()) {
            const x = first(a);
            const y = second(b);
            slot.send(x, y);
        }
    },
    (slot, [first, second, third]) => function probe(a, b, c) {
        if (slot.view[0] !== 0 && slot.ask()) {
            const x = first(a);
            const y = second(b);
            const z = third(c);
            slot.send(x, y, z);
        }
    },
    (slot, [first, second, third, fourth]) => function probe(a, b, c, d) {
        if (slot.view[0] !== 0 && slot.ask()) {
            const x = first(a);
            const y = second(b);
            const z = third(c);
            const w = fourth(d);
            slot.send(x, y, z, w);
        }
    },
];

/** @param {import('./slot.js').Slot} slot */
function ofMany(slot) {
    return function probe(...values) {
        if (slot.view[0] !== 0 && slot.ask()) {
            fireValues(slot, values);
        }
    };
}

/** @param {import('./slot.js').Slot} slot one with a stack among its arguments */
function ofStack(slot) {
    return function probe(...values) {
        if (slot.view[0] !== 0 && slot.ask()) {
            fireValues(slot, values, stackAbove(probe));
        }
    };
}

/**
 * Fires probes of nobody's now and then, so that V8 knows both ways through the code that all probes of few arguments share.
 * Of a way that was never gone it compiles nothing: the first firing that a tracer sees would throw away the machine code of
 * each function that has a probe in it, and until then loops with a probe in them would be optimised less. The firings
 * are few, because frequent ones would be compiled into the functions that fire. There are two of each, so that V8 doesn't
 * expect a certain function to prepare or to send.
 */
function acquaint() {
    const semaphore = new Uint16Array(new ArrayBuffer(2));
    const probes = OF_FEW.flatMap((of, count) => [(value) => value, () => 0].map((prepare) => {
        const slot = new Slot('', { name: '', doc: '', args: [] }, new Array(count).fill(prepare));
        slot.view = semaphore;
        slot.send = () => {};
        slot.ask = () => true;
        return of(slot, slot.prepare);
    }));
    for (let i = 1; i <= 256; i += 1) {
        semaphore[0] = i % 32 === 0 ? 1 : 0;
        probes.forEach((probe) => probe());
    }
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

acquaint();

module.exports = { defineProvider };
