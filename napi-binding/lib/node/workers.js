'use strict';

/** Worker threads, as the thread sees them that starts them. */

const { Worker } = require('node:worker_threads');
const { idOf } = require('./ids.js');
const { seeEvent } = require('./replace.js');

const probes = {
    workerStart: {
        doc: 'A worker thread has been started; Node numbers them. The id is that of worker-exit.',
        args: { id: 'u64', thread: 'u32' },
    },
    workerExit: { doc: 'It has ended with this exit code.', args: { id: 'u64', code: 'i32' } },
};

/** @type {import('./watched.js').Part} */
const starts = {
    of: ['workerStart'],
    // The event that Node has for programs: Node 18 announces no worker elsewhere.
    start: ({ workerStart }) => seeEvent(process, 'worker', (_, worker) =>
        workerStart.fire(() => [idOf(worker), worker.threadId])),
};

/** @type {import('./watched.js').Part} */
const exits = {
    of: ['workerExit'],
    start: ({ workerExit }) => seeEvent(Worker.prototype, 'exit', (worker, code) => workerExit.fire(() => [idOf(worker), code])),
};

module.exports = { probes, parts: [starts, exits] };
