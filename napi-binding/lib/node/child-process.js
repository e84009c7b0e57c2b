'use strict';

/**
 * Child processes that don't block the program; those of `spawnSync` and its kin are over before anybody is told. Of what Node
 * announces, the versions have different parts, and none has the end: so it's the events that are seen.
 */

const { ChildProcess } = require('node:child_process');
const { idOf } = require('./ids.js');
const { all, seeEvent } = require('./replace.js');

const probes = {
    childSpawn: {
        doc: 'A child process has been started; its pid is 0 if it could not be, and then nothing ends. The id is that of '
            + 'child-exit.',
        args: { id: 'u64', pid: 'u32', file: 'string', args: 'json' },
    },
    childExit: {
        doc: 'It has ended, with this exit code, or -1 and the name of the signal that ended it.',
        args: { id: 'u64', pid: 'u32', file: 'string', code: 'i32', signal: 'string' },
    },
};

/** @type {import('./watched.js').Part} */
const spawns = {
    of: ['childSpawn'],
    start({ childSpawn }) {
        const fire = (child) => childSpawn.fire(() => [idOf(child), child.pid ?? 0, child.spawnfile, child.spawnargs]);
        return all([
            seeEvent(ChildProcess.prototype, 'spawn', fire),
            // An error may come later too, such as one of a signal that can't be sent.
            seeEvent(ChildProcess.prototype, 'error', (child) => child.pid === undefined && fire(child)),
        ]);
    },
};

/** @type {import('./watched.js').Part} */
const exits = {
    of: ['childExit'],
    start: ({ childExit }) => seeEvent(ChildProcess.prototype, 'exit', (child, code, signal) => childExit.fire(() => [
        idOf(child), child.pid ?? 0, child.spawnfile, code ?? -1, signal ?? '',
    ])),
};

module.exports = { probes, parts: [spawns, exits] };
