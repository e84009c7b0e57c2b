'use strict';

/**
 * What stands in for the native part where there is none: it checks definitions in the same way and never fires, so that
 * a program behaves alike on every machine.
 */

const { probeProblem, providerProblem, spelling } = require('./names.js');
const { MAX_ARGUMENTS } = require('./types.js');

/**
 * @param {string} reason why nothing can be traced
 * @returns {import('./native.js').Native}
 */
function silent(reason) {
    return {
        backend: 'none',
        version: '',
        open(provider, probes) {
            check(provider, probes);
            return {
                semaphores: null,
                fire: probes.map(() => nothing),
                status: { kind: 'unavailable', reason },
                leftOut: probes.map(() => []),
            };
        },
        recorder: {
            start: () => ({ kind: 'unavailable', reason }),
            stop: nothing,
            isRunning: () => false,
        },
    };
}

function nothing() {}

function check(provider, probes) {
    refuse(`provider '${provider}'`, providerProblem(provider));
    const spellings = new Set();
    for (const { name, args } of probes) {
        refuse(`probe '${name}'`, probeProblem(name));
        refuse(`probe '${name}'`, spellings.has(spelling(name)) ? 'there is another probe of this name' : null);
        refuse(`probe '${name}'`, args.length > MAX_ARGUMENTS ? `more than ${MAX_ARGUMENTS} arguments` : null);
        spellings.add(spelling(name));
    }
}

function refuse(what, problem) {
    if (problem !== null) {
        throw Object.assign(new TypeError(`${what}: ${problem}`), { code: 'ERR_USDT_DEFINITION' });
    }
}

module.exports = { silent };
