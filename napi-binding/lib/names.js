'use strict';

/**
 * The rule for names, the same as the native part's: what a name may be so that every tracer can take it.
 */

/** The longest name of a provider, in bytes. */
const MAX_PROVIDER = 53;
/** The longest name of a probe, in bytes. */
const MAX_PROBE = 63;

/**
 * What is wrong with the name of a provider.
 * @param {string} name
 * @returns {string | null} the reason, or null if the name is good
 */
function providerProblem(name) {
    return problem(name, MAX_PROVIDER, /[^A-Za-z0-9_]/, 'letters, digits and _');
}

/**
 * What is wrong with the name of a probe, or of an argument.
 * @param {string} name
 * @returns {string | null} the reason, or null if the name is good
 */
function probeProblem(name) {
    return problem(name, MAX_PROBE, /[^A-Za-z0-9_-]/, 'letters, digits, _ and -');
}

function problem(name, max, bad, allowed) {
    if (name === '') {
        return 'a name needs at least one character';
    }
    if (bad.test(name) || /^[0-9]/.test(name)) {
        return `a name is ASCII ${allowed}, and does not begin with a digit`;
    }
    if (name.length > max) {
        return `the name has ${name.length} bytes, tracers accept at most ${max}`;
    }
    return null;
}

/**
 * How a note spells the probe's name. Two names with one spelling can't be told apart.
 * @param {string} name
 */
function spelling(name) {
    return name.replace(/-/g, '__');
}

/**
 * A probe's name for a property: `requestStart` is `request-start`. A name that has a `-` or `_` stays as it is.
 * @param {string} key
 */
function probeName(key) {
    if (/[-_]/.test(key)) {
        return key;
    }
    return key.replace(/([a-z0-9])([A-Z])/g, '$1-$2').replace(/([A-Z])([A-Z][a-z])/g, '$1-$2').toLowerCase();
}

/**
 * The nearest name of a provider that tracers take: other characters become `_`. It may still be empty or too long.
 * @param {string} name
 */
function nearestProvider(name) {
    return nearest(name, /[^A-Za-z0-9_]/gu);
}

/**
 * The nearest name of a probe that tracers take: other characters become `_`. It may still be empty or too long.
 * @param {string} name
 */
function nearestProbe(name) {
    return nearest(name, /[^A-Za-z0-9_-]/gu);
}

function nearest(name, bad) {
    return name.replace(bad, '_').replace(/^(?=[0-9])/, '_');
}

module.exports = { nearestProbe, nearestProvider, probeName, probeProblem, providerProblem, spelling };
