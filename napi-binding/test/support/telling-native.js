'use strict';

/**
 * A native part that prints what is fired, a JSON array a line: the probe's name and the values. So a test sees what a program's
 * threads fire while its main thread spins. Its probes are watched once the process has run for `WATCHED_AFTER` ms.
 */

const { writeSync } = require('node:fs');
const { silent } = require('../../lib/silent.js');

exports.backend = 'linux';
exports.version = 'telling';

exports.open = function open(provider, probes) {
    const semaphores = new Uint16Array(probes.length);
    const watch = () => semaphores.fill(1);
    const later = Number(process.env.WATCHED_AFTER ?? 0) - process.uptime() * 1000;
    if (later > 0) {
        setTimeout(watch, later).unref();
    } else {
        watch();
    }
    return {
        ...silent('').open(provider, probes),
        semaphores,
        fire: probes.map(({ name }) => (...values) => writeSync(1, `${JSON.stringify([name, ...values])}\n`)),
        status: { kind: 'visible', path: '/images/telling.so' },
    };
};
