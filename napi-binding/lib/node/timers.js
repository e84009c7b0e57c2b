'use strict';

/**
 * Timers that run late, because something else kept the thread busy. Node announces no timer, so other functions stand in the
 * places of `setTimeout` and `setInterval`, while somebody watches; timers that were set before aren't seen.
 */

const timers = require('node:timers');
const { performance } = require('node:perf_hooks');
const { limit } = require('./limit.js');
const { all, replace } = require('./replace.js');

const probes = {
    timerLate: {
        doc: 'The function of a timer is called `late` ns after it was due, and that is as long as USDT_PROBES_NODE_TIMER_LATE_MS '
            + 'says, or longer (10 ms if that isn\'t set). `delay` is in ms.',
        args: { late: 'u64', delay: 'u32', callback: 'string' },
    },
};

/** @type {import('./watched.js').Part} */
const late = {
    of: ['timerLate'],
    start({ timerLate }) {
        const least = limit('USDT_PROBES_NODE_TIMER_LATE_MS', 10);
        const see = (timeout, began, callback) => {
            const delay = timeout._idleTimeout;
            const by = performance.now() - began(timeout) - delay;
            if (by >= least) {
                timerLate.fire(() => [Math.round(by * 1e6), delay, callback.name]);
            }
        };
        const standIn = (set) => settingTimers(set, see);
        return all([globalThis, timers].flatMap((object) =>
            ['setTimeout', 'setInterval'].map((key) => replace(object, key, standIn))));
    },
};

/**
 * A function that sets timers as `set` does.
 * @param {Function} set
 * @param {(timeout: any, began: (timeout: any) => number, callback: Function) => void} see is called before each callback;
 *   `began` says when the timer was set, or set anew
 */
function settingTimers(set, see) {
    return function (callback, ...rest) {
        if (typeof callback !== 'function') {
            return Reflect.apply(set, this, [callback, ...rest]); // throws, as it should
        }
        let began;
        function calling(...args) {
            if (began !== undefined) {
                see(timeout, began, callback);
            }
            return Reflect.apply(callback, this, args);
        }
        const timeout = Reflect.apply(set, this, [calling, ...rest]);
        // An interval begins anew each time, and a timeout when it is refreshed. Node's clock for that begins somewhere else.
        const offset = performance.now() - timeout?._idleStart;
        if (Number.isFinite(offset)) {
            began = ({ _idleStart }) => _idleStart + offset;
        }
        return timeout;
    };
}

module.exports = { probes, parts: [late] };
