'use strict';

/**
 * A provider of the package, and the same image once more from the native part itself.
 *
 * A process maps an image once, however often it is opened. So the second opening gives the very semaphores and the very
 * stubs that the package fires, and with them what the package doesn't show: `fire`, the native part's own functions, and
 * `loop`, which fires from Rust as often as it is told.
 */

const { readProbes } = require('../lib/definition.js');
const { open } = require('../lib/native.js');

/**
 * @param {string} name the provider's
 * @param {object} probes as for `defineProvider`, or the definitions that the native part takes
 * @param {{ path: string }} status of the provider that the package made
 */
function again(name, probes, status) {
    const definitions = Array.isArray(probes) ? probes : readProbes(probes, []).map(({ definition }) => definition);
    const opened = open(name, definitions);
    if (opened.status.path === undefined || opened.status.path !== status.path) {
        throw new Error(`two images of one definition: ${JSON.stringify([opened.status, status])}`);
    }
    if (opened.loop === undefined) {
        throw new Error('build the native part with `--features bench`');
    }
    return opened;
}

module.exports = { again };
