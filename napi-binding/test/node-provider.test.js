'use strict';

/**
 * The arguments of Node's own provider, which it had up to version 18, where scripts of that time look for them. It passed the
 * address of a structure where there is a number here; what is new comes last.
 */

const assert = require('node:assert');
const { test } = require('node:test');

const { fake } = require('./support/preloaded.js');

const PEER = ['id', 'remoteAddress', 'remotePort', 'fd'];
const REQUEST = ['id', 'connection', 'remoteAddress', 'remotePort', 'method', 'url', 'fd'];

const THEN = {
    'net-server-connection': PEER,
    'net-stream-end': PEER,
    'http-server-request': REQUEST,
    'http-server-response': PEER,
    'http-client-request': REQUEST,
    'http-client-response': PEER,
    'gc-start': ['kind', 'flags'],
    'gc-done': ['kind', 'flags'],
};

test('the arguments are in their old places', () => {
    const names = ({ args }) => args.map(([name]) => name);
    const now = Object.fromEntries(fake.images[0].probes.map((probe) => [probe.name, names(probe)]));
    for (const [probe, args] of Object.entries(THEN)) {
        assert.deepStrictEqual(now[probe].slice(0, args.length), args, probe);
    }
});
