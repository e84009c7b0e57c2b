'use strict';

/** All sources, in the order in which their probes are defined. */

/** @type {import('./watched.js').Source[]} */
const SOURCES = [
    require('./http.js'),
];

module.exports = { SOURCES };
