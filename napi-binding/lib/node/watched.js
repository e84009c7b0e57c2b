'use strict';

/**
 * The switch: what a source needs of Node is taken only while one of its probes is watched.
 *
 * Nobody calls a program when a tracer attaches, but a probe knows whether it is watched, and asking it is a load from
 * memory. So they are asked now and then, by a timer that keeps no program alive.
 */

/** How long after a tracer has attached a source may still be silent, in ms. */
const PERIOD = 200;

/**
 * @typedef {object} Source
 * @property {import('../../index.js').Definitions} probes
 * @property {Part[]} parts
 *
 * @typedef {object} Part what is switched on and off together
 * @property {string[]} of the probes that it fires, by their keys
 * @property {(provider: Record<string, import('../../index.js').Probe<any>>) => () => void} start begins to listen, and gives
 *   what ends it
 */

/**
 * @param {object} provider
 * @param {Source[]} sources
 */
function whileWatched(provider, sources) {
    const switches = sources.flatMap(({ parts }) => parts.map((part) => switchOf(provider, part)));
    const look = () => switches.forEach((one) => one());
    look();
    setInterval(look, PERIOD).unref();
}

/** A function that starts the part or stops it, when it finds that this is due. */
function switchOf(provider, { of, start }) {
    const probes = of.map((key) => provider[key]);
    let stop = null;
    return () => {
        const watched = probes.some(({ enabled }) => enabled);
        if (watched === (stop !== null)) {
            return;
        }
        try {
            if (watched) {
                stop = start(provider);
            } else {
                const stopping = stop;
                stop = null;
                stopping();
            }
        } catch {
            // What this Node doesn't have, or the program has made impossible, isn't seen.
            stop ??= () => {};
        }
    };
}

module.exports = { PERIOD, whileWatched };
