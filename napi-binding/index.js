'use strict';

/**
 * What the package exports. The same objects serve `require` and `import`: index.mjs takes them from here.
 */

const native = require('./lib/native.js');
const { DTraceProvider, createDTraceProvider } = require('./lib/dtrace-provider.js');
const { defineProvider } = require('./lib/define.js');
const { recorder } = require('./lib/recorder.js');
const { watchdog } = require('./lib/watchdog.js');

module.exports = {
    DTraceProvider,
    createDTraceProvider,
    defineProvider,
    recorder,
    watchdog,
    // Getters, since a program that was started from a snapshot loads the native part after this file has run.
    get backend() {
        return native.backend();
    },
    get loadError() {
        return native.loadError();
    },
};
