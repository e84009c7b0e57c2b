'use strict';

/**
 * Finds and loads the native part, once. A program that can't have it runs on without, unless it asked for the error.
 *
 * While a startup snapshot is being built nothing native may be in memory: it is then loaded when the snapshot starts,
 * and what waits in `whenLoaded` comes after that.
 */

const { resolve } = require('node:path');
const { startupSnapshot } = require('node:v8');
const { platformPackage } = require('./platform.js');
const { silent } = require('./silent.js');

/**
 * @typedef {object} Definition a probe
 * @property {string} name
 * @property {string} doc
 * @property {Array<[name: string, type: number]>} args
 *
 * @typedef {object} Opened what the native part gives for the probes of one image
 * @property {Uint16Array | null} semaphores one a probe, over the memory that tracers change
 * @property {Array<(...values: unknown[]) => void>} fire one a probe; takes primitives and views of bytes, never throws
 * @property {Array<() => boolean> | null} [enabled] one a probe, where the semaphores are always 1: whether a tracer watches
 * @property {{ kind: string, path?: string, reason?: string }} status
 * @property {number[][]} leftOut for each probe the arguments that its note can't describe
 *
 * @typedef {object} Recorder the last firings of this process, kept
 * @property {(options: object) => { kind: string, reason?: string }} start
 * @property {() => void} stop
 * @property {() => boolean} isRunning
 *
 * @typedef {object} Native
 * @property {'linux' | 'dtrace' | 'none'} backend
 * @property {string} version
 * @property {(provider: string, probes: Definition[]) => Opened} open
 * @property {Recorder} [recorder] one that was built before there was one has none
 */

/** @type {Native} */
let native = silent('the startup snapshot is still being built');
/** @type {Error | null} */
let loadError = null;
/** @type {Array<() => void> | null} what to do once the native part is loaded; null when it is */
let waiting = [];

/** Where the native part may be, in the order to try; null where there is nothing to try. */
const PLACES = [
    () => (process.env.USDT_PROBES_NATIVE ? resolve(process.env.USDT_PROBES_NATIVE) : null),
    () => '../native/usdt-probes.node',
    platformPackage,
];

function load() {
    const failures = [];
    const found = firstThatLoads(failures);
    if (found === null) {
        loadError = explain(failures);
        if (isRequired()) {
            throw loadError;
        }
    }
    native = found ?? silent(loadError.message);
    const callbacks = waiting;
    waiting = null;
    callbacks.forEach((callback) => callback());
}

/**
 * @param {Error[]} failures gets what each place said
 * @returns {Native | null}
 */
function firstThatLoads(failures) {
    for (const placeOf of PLACES) {
        try {
            const place = placeOf();
            if (place !== null) {
                return nativeAt(place);
            }
        } catch (error) {
            failures.push(error);
        }
    }
    return null;
}

/**
 * Resolves as `require` would, but doesn't load with it: when a snapshot starts, modules can be found already, and not yet
 * be loaded. And bundlers would follow a `require`.
 * @param {string} place a path, or the name of a package
 * @returns {Native}
 */
function nativeAt(place) {
    // Here, since Node warns of this module while a snapshot is being built.
    const load = require('node:module').createRequire(__filename);
    const file = load.resolve(place);
    const module = { exports: {} };
    if (file.endsWith('.node')) {
        process.dlopen(module, file);
    } else {
        module.exports = load(file); // what stands in for it in tests
    }
    if (typeof module.exports?.open !== 'function') {
        throw new Error(`${place} is no native part of usdt-probes`);
    }
    return module.exports;
}

function explain(failures) {
    const reasons = failures.map((failure) => String(failure?.message ?? failure).split('\n')[0]);
    const message = `no native part for ${process.platform}-${process.arch}: ${reasons.join('; ')}`;
    return new Error(message, { cause: failures[failures.length - 1] });
}

function isRequired() {
    return process.env.USDT_PROBES_REQUIRE === 'hard' || process.env.NODE_DTRACE_PROVIDER_REQUIRE === 'hard';
}

/**
 * Runs the callback as soon as the native part may be used: at once, or when the snapshot starts.
 * @param {() => void} callback
 */
function whenLoaded(callback) {
    if (waiting === null) {
        callback();
    } else {
        waiting.push(callback);
    }
}

if (startupSnapshot?.isBuildingSnapshot()) {
    startupSnapshot.addDeserializeCallback(load);
} else {
    load();
}

module.exports = {
    /** @type {Native['open']} */
    open: (provider, probes) => native.open(provider, probes),
    /** @returns {Recorder} */
    recorder: () => native.recorder ?? silent('the native part has no recorder').recorder,
    backend: () => native.backend,
    loadError: () => loadError,
    whenLoaded,
};
