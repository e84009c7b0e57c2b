'use strict';

/**
 * A limit of milliseconds that the environment may set.
 * @param {string} variable
 * @param {number} otherwise what holds if it isn't set, or is no number
 */
function limit(variable, otherwise) {
    const value = Number.parseFloat(process.env[variable] ?? '');
    return value >= 0 ? value : otherwise;
}

module.exports = { limit };
