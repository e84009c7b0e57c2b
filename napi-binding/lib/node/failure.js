'use strict';

/**
 * What the probes say of an error: its code or its name. Empty if there is none.
 * @param {unknown} error what was thrown, or nothing
 */
function nameOf(error) {
    return error === undefined || error === null ? '' : String(error.code ?? error.name ?? error);
}

module.exports = { nameOf };
