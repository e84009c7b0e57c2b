'use strict';

/**
 * `node --require usdt-probes/watchdog app.js`: the watchdog without a change to the program. `USDT_PROBES_WATCHDOG_MS` says
 * after how many ms a loop that doesn't turn is called blocked.
 */

const { isMainThread } = require('node:worker_threads');

const { watchdog } = require('./lib/watchdog.js');

function start() {
    // Node runs what is required beforehand in every worker, too.
    if (!isMainThread) {
        return { kind: 'unavailable', reason: 'the watchdog watches the main thread' };
    }
    const after = Number(process.env.USDT_PROBES_WATCHDOG_MS || 500);
    try {
        return watchdog({ after }).status;
    } catch (error) {
        process.emitWarning(`usdt-probes: no watchdog: ${error.message}`);
        return { kind: 'unavailable', reason: error.message };
    }
}

exports.status = start();
