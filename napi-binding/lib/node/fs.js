'use strict';

/**
 * Operations of the file system that take long. Node announces none of them, so other functions stand in the places of all
 * those of `fs` that have a `Sync` beside them, while somebody watches.
 */

const fs = require('node:fs');
const { performance } = require('node:perf_hooks');
const { nameOf } = require('./failure.js');
const { limit } = require('./limit.js');
const { all, replace } = require('./replace.js');
const { settled } = require('./settled.js');

const probes = {
    fsSlow: {
        doc: 'An operation of node:fs took as long as USDT_PROBES_NODE_FS_SLOW_MS says, or longer (10 ms if that isn\'t set), from '
            + 'the call to its end, in which it may have waited for its turn. `blocking` is 1 for those whose name ends in Sync.',
        args: { call: 'string', path: 'string', duration: 'u64', error: 'string', blocking: 'bool' },
    },
};

/** @type {import('./watched.js').Part} */
const slow = {
    of: ['fsSlow'],
    start({ fsSlow }) {
        const least = limit('USDT_PROBES_NODE_FS_SLOW_MS', 10);
        const begin = (call, blocking) => ([file]) => {
            const start = performance.now();
            return (error) => {
                const duration = performance.now() - start;
                if (duration >= least) {
                    fsSlow.fire(() => [call, pathIn(file), Math.round(duration * 1e6), nameOf(error), blocking]);
                }
            };
        };
        // `lchmod` is a property everywhere, and a function on macOS alone.
        const isIn = (object) => (call) => typeof object[call] === 'function';
        const waits = Object.keys(fs).filter((call) => /^[a-z]\w*Sync$/.test(call));
        const others = waits.map((call) => call.slice(0, -'Sync'.length));
        return all([
            ...waits.filter(isIn(fs)).map((call) => replace(fs, call, (method) => measured(method, begin(call, true)))),
            ...[fs, fs.promises].flatMap((object) => others.filter(isIn(object)).map((call) =>
                replace(object, call, (method) => settled(method, begin(call, false))))),
        ]);
    },
};

/** A function that does what the method does at once, and says when it begins and when it is done. */
function measured(method, begin) {
    return function (...args) {
        const done = begin(args);
        let result;
        try {
            result = Reflect.apply(method, this, args);
        } catch (error) {
            done(error);
            throw error;
        }
        done(null);
        return result;
    };
}

/** The path that an operation was given; an open file has none any more, but its number. */
function pathIn(file) {
    return typeof file === 'number' ? `fd ${file}` : String(file);
}

module.exports = { probes, parts: [slow] };
