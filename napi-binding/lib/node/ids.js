'use strict';

/** Numbers that tie together what several probes say of one thing. */

const { threadId } = require('node:worker_threads');

/** A thread's numbers begin here, so that no two threads of a process have one in common. */
const FIRST = threadId * 2 ** 40;

let last = FIRST;
/** @type {WeakMap<object, number>} beside the objects and not in them, since they are the program's */
const known = new WeakMap();

/** A number that nothing else has. */
function nextId() {
    last += 1;
    return last;
}

/**
 * The number of an object, which it keeps.
 * @param {object} object
 */
function idOf(object) {
    let id = known.get(object);
    if (id === undefined) {
        id = nextId();
        known.set(object, id);
    }
    return id;
}

module.exports = { idOf, nextId };
