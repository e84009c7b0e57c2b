'use strict';

/** `--require` it, and Node has no inspector, as if it were built with `--without-inspector`. */

const Module = require('node:module');

const load = Module._load;

Module._load = function (request, ...rest) {
    if (request === 'node:inspector') {
        throw Object.assign(new Error('Inspector is not available'), { code: 'ERR_INSPECTOR_NOT_AVAILABLE' });
    }
    return load.call(this, request, ...rest);
};
