'use strict';

/**
 * A native part that keeps what it is given, for tests that need no tracer. It refuses what the real one refuses.
 */

const { silent } = require('../../lib/silent.js');

const checks = silent('');
/** @type {Array<{ provider: string, probes: object[], semaphores: Uint16Array, firings: unknown[][][] }>} */
const images = [];

exports.backend = 'linux';
exports.version = 'fake';
exports.images = images;

/** Whether tracers change no memory, and each probe has to be asked whether one watches: tests set it. */
exports.asked = false;

/** What the next `open` does instead: tests set it. */
exports.instead = null;

exports.open = function open(provider, probes) {
    if (exports.instead !== null) {
        const { instead } = exports;
        exports.instead = null;
        return instead(provider, probes);
    }
    checks.open(provider, probes);
    // Not at the beginning of its memory, as the real one.
    const semaphores = new Uint16Array(new ArrayBuffer(64 + probes.length * 2), 64, probes.length);
    const watched = exports.asked ? new Uint16Array(probes.length) : semaphores;
    const enabled = exports.asked ? probes.map((_, i) => () => watched[i] > 0) : null;
    if (exports.asked) {
        semaphores.fill(1);
    }
    const firings = probes.map(() => []);
    const path = `/images/${provider}-${images.length}.so`;
    images.push({ provider, probes, semaphores, watched, firings, path });
    return {
        semaphores,
        enabled,
        fire: probes.map((_, i) => (...values) => {
            firings[i].push(values);
        }),
        status: { kind: 'visible', path },
        leftOut: probes.map(({ args }) => args.map((_, i) => i).slice(12)),
    };
};

/** What the recorder was started with, null while it doesn't run. */
exports.recording = null;

exports.recorder = {
    start(options) {
        if (exports.recording !== null) {
            return { kind: 'running' };
        }
        exports.recording = options;
        return { kind: 'started' };
    },
    stop() {
        exports.recording = null;
    },
    isRunning: () => exports.recording !== null,
};

function* named(provider, probe) {
    for (const image of images) {
        for (let i = 0; i < image.probes.length; i += 1) {
            if (image.provider === provider && image.probes[i].name === probe) {
                yield { image, i };
            }
        }
    }
}

/** Lets `count` tracers watch all probes of this name, none with 0. */
exports.watch = function watch(provider, probe, count = 1) {
    let found = 0;
    for (const { image, i } of named(provider, probe)) {
        image.watched[i] = count;
        found += 1;
    }
    if (found === 0) {
        throw new Error(`nobody opened ${provider}:${probe}`);
    }
};

/** The values of every firing of the probes of this name. */
exports.firings = function firings(provider, probe) {
    return [...named(provider, probe)].flatMap(({ image, i }) => image.firings[i]);
};
