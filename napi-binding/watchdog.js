'use strict';

/**
 * `node --require usdt-probes/watchdog app.js`: the watchdog without a change to the program. `USDT_PROBES_WATCHDOG_MS` says
 * after how many ms a loop that doesn't turn is called blocked.
 */

const { isMainThread } = require('node:worker_threads');

const { watchdog } = require('./lib/watchdog.js');

// Node runs what is required beforehand in every worker, too.
if (isMainThread) {
    const after = Number(process.env.USDT_PROBES_WATCHDOG_MS || 500);
    try {
        watchdog({ after });
    } catch (error) {
        process.emitWarning(`usdt-probes: no watchdog: ${error.message}`);
    }
}
