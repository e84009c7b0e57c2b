'use strict';

/**
 * Collections of garbage. No JavaScript can run in one: Node tells of it afterwards, with the time when it began and how long it
 * took, and both probes fire then.
 */

const { PerformanceObserver, performance } = require('node:perf_hooks');
const { nextId } = require('./ids.js');

const probes = {
    gcStart: {
        doc: 'A collection of garbage began `ago` ns ago; told after its end. The id is that of gc-done. The kinds are 1 '
            + '(scavenge), 2 (minor mark-sweep), 4 (mark-sweep-compact), 8 (incremental), 16 (weak callbacks).',
        args: { kind: 'u32', flags: 'u32', id: 'u64', ago: 'u64' },
    },
    gcDone: {
        doc: 'It ended `ago` ns ago, and took `duration` ns.',
        args: { kind: 'u32', flags: 'u32', id: 'u64', duration: 'u64', ago: 'u64' },
    },
};

/** Nanoseconds of so many ms. */
const nanoseconds = (ms) => Math.max(0, Math.round(ms * 1e6));

/** @type {import('./watched.js').Part} */
const collections = {
    of: ['gcStart', 'gcDone'],
    start({ gcStart, gcDone }) {
        const observer = new PerformanceObserver((list) => {
            for (const { startTime, duration, detail: { kind, flags } } of list.getEntries()) {
                const id = nextId();
                const ago = performance.now() - startTime;
                gcStart.fire(() => [kind, flags, id, nanoseconds(ago)]);
                gcDone.fire(() => [kind, flags, id, nanoseconds(duration), nanoseconds(ago - duration)]);
            }
        });
        observer.observe({ type: 'gc' });
        return () => observer.disconnect();
    },
};

module.exports = { probes, parts: [collections] };
