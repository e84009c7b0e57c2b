'use strict';

/**
 * Probes in Node itself: `node --require usdt-probes/node app.js` defines the provider `node`, and the program knows nothing of it.
 */

const { defineProvider } = require('./lib/define.js');
const { SOURCES } = require('./lib/node/sources.js');
const { whileWatched } = require('./lib/node/watched.js');

const provider = defineProvider('node', Object.assign({}, ...SOURCES.map(({ probes }) => probes)));

// Where nobody can watch nothing has to be looked at.
if (provider.status.kind !== 'unavailable') {
    whileWatched(provider, SOURCES);
}

exports.status = provider.status; // no getter: Node wouldn't find its name for `import { status }`
