'use strict';

/**
 * From a value of JavaScript to what the native part takes: primitives and views of bytes. Whatever may run the program's
 * own code (`toString`, `toJSON`, getters) runs here, and whatever that throws ends here.
 */

// Taken when the package is loaded: what a program puts in their place later is none of a tracer's business.
const { stringify } = JSON;
const { isView } = ArrayBuffer;
const { isAnyArrayBuffer } = require('node:util').types;
const toStringOf = String;

/** What stands for a value that can't be serialised. */
const NOT_JSON = '{ "error": "stringify failed" }';

/**
 * For integers, floating-point numbers and addresses: the native part converts primitives. No object is a number: it isn't
 * asked for one, since that would run code of the program.
 * @param {unknown} value
 * @returns {number | bigint | boolean | string | null | undefined}
 */
function toNumeric(value) {
    switch (typeof value) {
        case 'object':
            return null;
        case 'function':
        case 'symbol':
            return 0;
        default:
            return value;
    }
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function toBool(value) {
    return Boolean(value);
}

/**
 * @param {unknown} value
 * @returns {string} "undefined" for what has no text
 */
function toText(value) {
    if (typeof value === 'string') {
        return value;
    }
    try {
        return toStringOf(value);
    } catch {
        return 'undefined';
    }
}

/**
 * @param {unknown} value
 * @returns {string} "undefined" for undefined, and an object that says so for what can't be serialised
 */
function toJson(value) {
    if (value === undefined) {
        return 'undefined';
    }
    try {
        const text = stringify(value);
        return typeof text === 'string' ? text : NOT_JSON;
    } catch {
        return NOT_JSON;
    }
}

/**
 * @param {unknown} value
 * @returns {ArrayBufferView | ArrayBufferLike | string | null}
 */
function toBytes(value) {
    if (typeof value === 'string' || isView(value) || isAnyArrayBuffer(value)) {
        return value;
    }
    return null;
}

module.exports = { toBool, toBytes, toJson, toNumeric, toText };
