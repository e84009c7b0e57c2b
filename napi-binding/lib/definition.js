'use strict';

/**
 * Reads what `defineProvider` is given, and says what is wrong with it.
 */

const { probeName, probeProblem, spelling } = require('./names.js');
const { Slot } = require('./slot.js');
const { MAX_ARGUMENTS, TYPES } = require('./types.js');

/**
 * Reads the definitions of some probes. Nothing has happened when it throws.
 * @param {object} probes what each property's probe is
 * @param {Iterable<string>} taken spellings of the probes that the provider has
 * @returns {Slot[]}
 */
function readProbes(probes, taken) {
    demand(isRecord(probes), 'the probes must be an object with a property for each');
    const spellings = new Set(taken);
    return Object.keys(probes).map((key) => {
        const slot = readProbe(key, probes[key]);
        const { name } = slot.definition;
        demand(!spellings.has(spelling(name)), `probe '${key}': there is another probe that tracers know as '${name}'`);
        spellings.add(spelling(name));
        return slot;
    });
}

/** @param {string} key @param {unknown} definition */
function readProbe(key, definition) {
    demand(isRecord(definition), `probe '${key}': the definition must be an object such as { id: 'u64' }`);
    // `{ args: 'u64' }` is a probe with one argument called args, `{ args: {} }` one that has a name or a doc.
    const full = isRecord(definition.args);
    const { name = probeName(key), doc = '' } = full ? definition : {};
    demand(typeof name === 'string', `probe '${key}': its name must be a string`);
    demand(typeof doc === 'string' && !doc.includes('\0'), `probe '${key}': its doc must be a string without NUL`);
    const problem = probeProblem(name);
    demand(problem === null, `probe '${key}': '${name}': ${problem}`);
    if (full) {
        const stranger = Object.keys(definition).find((field) => !['name', 'doc', 'args'].includes(field));
        demand(stranger === undefined, `probe '${key}': '${stranger}' is none of name, doc and args`);
    }
    const types = readArguments(key, full ? definition.args : definition);
    const args = types.map(([argument, { code }]) => [argument, code]);
    return new Slot(key, { name, doc, args }, types.map(([, { prepare }]) => prepare));
}

/** @param {string} key @param {object} args */
function readArguments(key, args) {
    const names = Object.keys(args);
    demand(names.length <= MAX_ARGUMENTS, `probe '${key}': ${names.length} arguments, ${MAX_ARGUMENTS} is the most`);
    return names.map((name) => {
        // An object puts properties that are numbers first, whatever order they were written in.
        demand(/^[A-Za-z_]\w*$/.test(name), `probe '${key}': '${name}' is no name for an argument`);
        const type = args[name];
        demand(
            typeof type === 'string' && type in TYPES,
            `probe '${key}': argument '${name}' must be one of ${Object.keys(TYPES).join(', ')}`,
        );
        return [name, TYPES[type]];
    });
}

function isRecord(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {boolean} condition @param {string} message */
function demand(condition, message) {
    if (!condition) {
        throw Object.assign(new TypeError(message), { code: 'ERR_USDT_DEFINITION' });
    }
}

module.exports = { demand, readProbes };
