'use strict';

/** `usdt-probes/node` with a fake native part, in this process. */

process.env.USDT_PROBES_NATIVE = require.resolve('./fake-native.js');

const { setTimeout: sleep } = require('node:timers/promises');

const fake = require('./fake-native.js');
require('../../node.js');
const { PERIOD } = require('../../lib/node/watched.js');

/** What the probe has fired, each firing as an object with the arguments' names. */
function fired(probe) {
    const { args } = fake.images[0].probes.find(({ name }) => name === probe);
    return fake.firings('node', probe).map((values) => Object.fromEntries(args.map(([name], i) => [name, values[i]])));
}

/** Waits until the probes are watched, or nobody watches them, and this is known. */
async function setWatched(probes, count) {
    probes.forEach((probe) => fake.watch('node', probe, count));
    await sleep(PERIOD * 2);
}

/**
 * Watches probes while `run` runs, and gives what each has fired meanwhile, in the order of the names.
 * @param {string[]} probes
 * @param {() => unknown} run
 */
async function watching(probes, run) {
    await setWatched(probes, 1);
    const before = probes.map((probe) => fired(probe).length);
    await run();
    const firings = probes.map((probe, i) => fired(probe).slice(before[i]));
    await setWatched(probes, 0);
    return firings;
}

module.exports = { fake, fired, watching };
