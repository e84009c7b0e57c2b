'use strict';

/** Functions that are done later, in any of the ways that Node has: a callback at the end of the arguments, or a promise. */

const { apply } = Reflect;
const then = Promise.prototype.then;

/**
 * A function that does what the method does, and says when it begins and when it is done.
 * @param {Function} method
 * @param {(args: unknown[]) => (error: unknown, value?: unknown) => void} begin gives what is called when it is done; neither may
 *   throw
 * @returns {Function}
 */
function settled(method, begin) {
    return function (...args) {
        const last = args.length - 1;
        const callback = args[last];
        const done = begin(args);
        if (typeof callback === 'function') {
            args[last] = function (...values) {
                // `fs.exists` has no error, and whatever it gives is none.
                done(values[0] instanceof Error ? values[0] : null, values[1]);
                return apply(callback, this, values);
            };
        }
        let result;
        try {
            result = apply(method, this, args);
        } catch (error) {
            done(error);
            throw error;
        }
        // The program gets the second promise: the first one is handled here, and nobody would miss a handler of the program's.
        return result instanceof Promise ? apply(then, result, [fulfilled, rejected]) : result;

        function fulfilled(value) {
            done(null, value);
            return value;
        }
        function rejected(reason) {
            done(reason);
            throw reason;
        }
    };
}

module.exports = { settled };
