'use strict';

/** All sources, in the order in which their probes are defined. */

/** @type {import('./watched.js').Source[]} */
const SOURCES = [
    require('./http.js'),
    require('./net.js'),
    require('./gc.js'),
    require('./dns.js'),
    require('./fetch.js'),
    require('./child-process.js'),
    require('./fs.js'),
    require('./timers.js'),
    require('./rejections.js'),
    require('./workers.js'),
    require('./modules.js'),
];

module.exports = { SOURCES };
