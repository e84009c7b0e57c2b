'use strict';

/**
 * `node --require usdt-probes/recorder app.js`: the recorder without a change to the program, from its start on.
 *
 * Node runs what is required beforehand in every worker, too: there it runs already.
 */

const native = require('./lib/native.js');
const { recorder } = require('./lib/recorder.js');

const {
    USDT_PROBES_RECORDER_FIRINGS: firings,
    USDT_PROBES_RECORDER_TEXT: text,
    USDT_PROBES_RECORDER_PROVIDERS: providers,
} = process.env;

/** A variable that is empty is one that isn't there. */
function options() {
    return {
        firings: firings ? Number(firings) : undefined,
        text: text ? Number(text) : undefined,
        providers: providers ? providers.split(',').map((name) => name.trim()) : undefined,
    };
}

function start() {
    try {
        return recorder.start(options());
    } catch (error) {
        return Object.freeze({ kind: 'unavailable', reason: `USDT_PROBES_RECORDER_…: ${error.message}` });
    }
}

const status = start();

// Where there can be no recorder nothing is said, as ever.
if (status.kind === 'unavailable' && native.backend() === 'linux') {
    process.emitWarning(`usdt-probes: nothing is recorded: ${status.reason}`);
}

exports.status = status;
