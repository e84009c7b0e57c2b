'use strict';

/** Look-ups of names, through the operating system (`lookup`) and by asking a server (`resolve` and its kin). */

const dns = require('node:dns');
const { nameOf } = require('./failure.js');
const { nextId } = require('./ids.js');
const { all, replace } = require('./replace.js');
const { settled } = require('./settled.js');

const probes = {
    dnsLookupStart: {
        doc: 'A name is looked up; `call` is the function of node:dns. The id is that of dns-lookup-done.',
        args: { id: 'u64', hostname: 'string', call: 'string' },
    },
    dnsLookupDone: {
        doc: 'The answer is there: `address` is the first one of a lookup, `error` the code of what went wrong, or empty.',
        args: { id: 'u64', hostname: 'string', call: 'string', address: 'string', error: 'string' },
    },
};

const isCall = (key) => /^(?:lookup|reverse|resolve\w*)$/.test(key);

/** @type {import('./watched.js').Part} */
const lookups = {
    of: ['dnsLookupStart', 'dnsLookupDone'],
    start({ dnsLookupStart, dnsLookupDone }) {
        const begin = (call, hostname) => {
            const id = nextId();
            dnsLookupStart.fire(() => [id, hostname, call]);
            return (error, value) => dnsLookupDone.fire(() => [id, hostname, call, addressIn(value), nameOf(error)]);
        };
        return all([dns, dns.promises].flatMap((object) => Object.keys(object).filter(isCall).map((call) =>
            replace(object, call, (method) => settled(method, (args) => begin(call, args[0]))))));
    },
};

/** The address in the answer to a lookup: text, `{ address }`, or a list of these. */
function addressIn(value) {
    const first = Array.isArray(value) ? value[0] : value;
    const address = first?.address ?? first;
    return typeof address === 'string' ? address : '';
}

module.exports = { probes, parts: [lookups] };
