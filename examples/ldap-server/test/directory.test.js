'use strict';

// What the server answers, without any tracer.

const test = require('node:test');
const assert = require('node:assert/strict');

const { Client } = require('../lib/client');
const { SUFFIX, ADMINISTRATOR, PASSWORD } = require('../lib/company');
const { WHO_AM_I } = require('../lib/operations');
const { startServer } = require('./support');

const ADA = `uid=ada.euler, ou=people, ${SUFFIX}`;
const GUEST = `uid=guest, ou=people, ${SUFFIX}`;

async function connect(t) {
    const server = await startServer(t);
    return Client.connect(server.url);
}

test('everybody may read', async (t) => {
    const client = await connect(t);
    const ada = await client.search(ADA, { scope: 'base' });
    assert.equal(ada.status, 0);
    assert.equal(ada.entries.length, 1);
    assert.equal(ada.entries[0].cn, 'Ada Euler');
    assert.equal(ada.entries[0].userpassword, undefined, 'a password is never sent');

    const table = [
        [SUFFIX, 'base', '(objectClass=*)', 1],
        [SUFFIX, 'one', '(objectClass=*)', 2],
        [SUFFIX, 'sub', '(objectClass=*)', 203],
        [`OU=people,${SUFFIX}`, 'one', '(sn=Euler)', 20],
        [SUFFIX, 'sub', '(&(departmentNumber=research)(cn=Ada*))', 2],
        [SUFFIX, 'sub', '(|(uid=ada.euler)(uid=tony.gauss))', 2],
        [SUFFIX, 'sub', '(!(objectClass=person))', 3],
        [SUFFIX, 'sub', '(uid=nobody)', 0],
    ];
    for (const [base, scope, filter, expected] of table) {
        const { status, entries } = await client.search(base, { scope, filter });
        assert.deepEqual([status, entries.length], [0, expected], `${base} ${scope} ${filter}`);
    }
    assert.equal((await client.search(`uid=nobody, ${SUFFIX}`, {})).status, 32);
    assert.equal((await client.search(SUFFIX, { scope: 'sub', sizeLimit: 3 })).status, 4);
    assert.equal(await client.compare(ADA, 'sn', 'Euler'), 6);
    assert.equal(await client.compare(ADA, 'sn', 'Gauss'), 5);
    assert.equal(await client.compare(ADA, 'shoeSize', '38'), 16);
    await client.unbind();
});

test('the administrator may write', async (t) => {
    const client = await connect(t);
    const guest = { objectClass: ['person'], cn: 'A guest', sn: 'Guest' };
    assert.equal(await client.add(GUEST, guest), 50, 'nobody else may');
    assert.equal(await client.bind(ADMINISTRATOR, 'guessed'), 49);
    assert.equal(await client.bind(`cn=nobody, ${SUFFIX}`, PASSWORD), 49);
    assert.equal(await client.bind(ADMINISTRATOR, PASSWORD), 0);
    assert.equal(await client.add(GUEST, guest), 0);
    assert.equal(await client.add(GUEST, guest), 68);
    assert.equal(await client.add(`uid=a, ou=nowhere, ${SUFFIX}`, guest), 32, 'a parent is needed');
    assert.equal(await client.replace(GUEST, 'mail', ['guest@example.com']), 0);
    assert.equal(await client.compare(GUEST, 'mail', 'guest@example.com'), 6);
    assert.equal(await client.replace(GUEST, 'mail', []), 0);
    assert.equal(await client.compare(GUEST, 'mail', 'guest@example.com'), 16);
    assert.equal(await client.delete(`ou=people, ${SUFFIX}`), 66, 'its children would be left');
    assert.equal(await client.delete(GUEST), 0);
    assert.equal(await client.delete(GUEST), 32);
    assert.equal(await client.rename(ADA, 'uid=ada'), 80, 'it does not rename');
    assert.equal(await client.extended(WHO_AM_I), 0);
    assert.equal(await client.extended('1.2.3'), 2);
    await client.unbind();
});

test('it stops when it is asked to, also with clients connected', async (t) => {
    const server = await startServer(t);
    await Client.connect(server.url);
    assert.equal(await server.stop(), 0);
    assert.equal(server.stderr, '');
});
