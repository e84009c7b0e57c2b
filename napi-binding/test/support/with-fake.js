'use strict';

/**
 * The package with a fake native part. Every provider of a test file wants a name of its own: `unique` gives one.
 */

process.env.USDT_PROBES_NATIVE = require.resolve('./fake-native.js');

const fake = require('./fake-native.js');
const usdtProbes = require('../../index.js');

let count = 0;

module.exports = {
    ...usdtProbes,
    fake,
    unique: () => `p${(count += 1)}`,
};
