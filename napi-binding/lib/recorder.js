'use strict';

/**
 * The flight recorder: the last firings in the memory of this process, which `usdt core` reads in its core dump. There is one
 * for the whole process, with all its threads.
 */

const native = require('./native.js');

/** The memory of a firing that isn't for one long text, and that text's size if nobody says: bytes. */
const REST = 192;
const TEXT = 64;

/** What each option has to be. */
const OPTIONS = {
    firings: [isPositive, 'a whole number above 0'],
    text: [isCount, 'a whole number of bytes'],
    firingSize: [isPositive, 'a whole number of bytes above 0'],
    providers: [isListOfNames, 'an array of names'],
};

function isCount(value) {
    return Number.isSafeInteger(value) && value >= 0;
}

function isPositive(value) {
    return isCount(value) && value > 0;
}

function isListOfNames(value) {
    return Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '');
}

/** @param {object} given @returns the options that are there, each of which is right */
function read(given) {
    if (given === null || typeof given !== 'object') {
        throw new TypeError('the options of the recorder must be an object');
    }
    const read = {};
    for (const name of Object.keys(given)) {
        if (!Object.hasOwn(OPTIONS, name)) {
            throw new TypeError(`the recorder has no option '${name}', but ${Object.keys(OPTIONS).join(', ')}`);
        }
        const value = given[name];
        const [isRight, what] = OPTIONS[name];
        if (value !== undefined && !isRight(value)) {
            throw new TypeError(`the recorder's option '${name}' must be ${what}`);
        }
        read[name] = value;
    }
    return read;
}

/**
 * @param {{ firings?: number, text?: number, firingSize?: number, providers?: string[] }} [options]
 * @returns {{ kind: 'started' | 'running' } | { kind: 'unavailable', reason: string }}
 */
function start(options = {}) {
    const { firings, text, providers, firingSize = REST + Math.max(text ?? 0, TEXT) } = read(options);
    return Object.freeze(native.recorder().start({ firings, text, firingSize, providers }));
}

function stop() {
    native.recorder().stop();
}

/** @returns {boolean} */
function isRunning() {
    return native.recorder().isRunning();
}

module.exports = { recorder: Object.freeze({ start, stop, isRunning }) };
