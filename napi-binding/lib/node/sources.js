'use strict';

/** All sources, in the order in which their probes are defined. */

/** @type {import('./watched.js').Source[]} */
const SOURCES = [
    require('./http.js'),
    require('./net.js'),
    require('./gc.js'),
    require('./dns.js'),
];

module.exports = { SOURCES };
