'use strict';

/**
 * The types of arguments: their numbers in the contract with the native part, and how a value becomes one of them.
 */

const { toBool, toBytes, toJson, toNumeric, toText } = require('./values.js');

/** The most arguments that a probe may have. */
const MAX_ARGUMENTS = 32;

/**
 * @typedef {object} Type
 * @property {number} code the type's number in the contract
 * @property {((value: unknown) => unknown) | null} prepare gives what the native part takes, never throws; null where the
 *   program passes nothing, and the package puts in the stack
 */

/** @type {Readonly<Record<string, Type>>} */
const TYPES = Object.freeze({
    __proto__: null,
    u8: { code: 1, prepare: toNumeric },
    i8: { code: 2, prepare: toNumeric },
    u16: { code: 3, prepare: toNumeric },
    i16: { code: 4, prepare: toNumeric },
    u32: { code: 5, prepare: toNumeric },
    i32: { code: 6, prepare: toNumeric },
    u64: { code: 7, prepare: toNumeric },
    i64: { code: 8, prepare: toNumeric },
    bool: { code: 11, prepare: toBool },
    f32: { code: 13, prepare: toNumeric },
    f64: { code: 14, prepare: toNumeric },
    pointer: { code: 15, prepare: toNumeric },
    string: { code: 16, prepare: toText },
    bytes: { code: 18, prepare: toBytes },
    json: { code: 19, prepare: toJson },
    stack: { code: 16, prepare: null },
});

module.exports = { MAX_ARGUMENTS, TYPES };
