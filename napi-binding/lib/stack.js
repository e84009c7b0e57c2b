'use strict';

/**
 * The JavaScript stack at a firing as text, for arguments of the type `stack`: a frame a line, without those of this package.
 *
 * The engine makes the text, and so follows source maps where Node was started with `--enable-source-maps`. The program's
 * own `Error.prepareStackTrace` isn't run, since it may do anything and need not give a text: whoever fires a probe asks for
 * no error. Both settings of `Error` are put back before anything else of the program runs.
 */

/** The most frames. */
const DEPTH = 64;

const { captureStackTrace } = Error;
const { getOwnPropertyDescriptor, defineProperty, deleteProperty } = Reflect;

/**
 * @param {Function} probe what the program called: the stack begins with its caller
 * @returns {string} empty if there is none
 */
function stackAbove(probe) {
    const holder = {};
    try {
        withSettings(() => {
            captureStackTrace(holder, probe);
            // Some versions of V8 make the text only now.
            return holder.stack;
        });
        return framesOf(holder.stack);
    } catch {
        // The program froze `Error`, or there is no room left on the stack.
        return '';
    }
}

/** Does `run` while stacks are deep and nothing of the program's makes their text. */
function withSettings(run) {
    const limit = replace('stackTraceLimit', DEPTH);
    try {
        const prepare = replace('prepareStackTrace', undefined);
        try {
            run();
        } finally {
            putBack('prepareStackTrace', prepare);
        }
    } finally {
        putBack('stackTraceLimit', limit);
    }
}

/** Gives what was there before. A getter of the program's isn't run. */
function replace(name, value) {
    const before = getOwnPropertyDescriptor(Error, name);
    defineProperty(Error, name, { value, writable: true, enumerable: true, configurable: before?.configurable ?? true });
    return before;
}

function putBack(name, before) {
    if (before === undefined) {
        deleteProperty(Error, name);
    } else {
        defineProperty(Error, name, before);
    }
}

/** `    at function (file:line:column)` without what is the same in each line. The first line is an error's name. */
function framesOf(stack) {
    return stack.split('\n').filter((line) => line.startsWith('    at ')).map((line) => line.slice('    at '.length)).join('\n');
}

module.exports = { stackAbove };
