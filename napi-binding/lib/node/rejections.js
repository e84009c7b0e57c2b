'use strict';

/**
 * Promise rejections that nobody handles. A listener would count as somebody who does: then Node neither prints the error nor
 * ends the program. So the event is seen without one.
 */

const { seeEvent } = require('./replace.js');

const probes = {
    unhandledRejection: {
        doc: 'A promise was rejected and nobody handles it. `name`, `message` and `stack` are those of the reason.',
        args: { name: 'string', message: 'string', stack: 'string' },
    },
};

/** @type {import('./watched.js').Part} */
const rejections = {
    of: ['unhandledRejection'],
    start: ({ unhandledRejection }) => seeEvent(process, 'unhandledRejection', (_, reason) =>
        unhandledRejection.fire(() => describe(reason))),
};

function describe(reason) {
    return reason instanceof Error ? [reason.name, reason.message, reason.stack ?? ''] : [typeof reason, String(reason), ''];
}

module.exports = { probes, parts: [rejections] };
