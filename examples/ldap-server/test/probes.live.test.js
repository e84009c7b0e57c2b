'use strict';

// What bpftrace sees of the server: every probe that ldapjs names, its arguments, and as many firings as there were
// requests. Root, bpftrace and ldapsearch (Debian's ldap-utils) are needed.

const test = require('node:test');
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');

const { attach, observe, usdt } = require('../../../napi-binding/test/support/bpftrace');
const { Client, Counts } = require('../lib/client');
const { SUFFIX, ADMINISTRATOR, PASSWORD } = require('../lib/company');
const { WHO_AM_I } = require('../lib/operations');
const { EXAMPLE, imageDirectory, imageOf, startServer } = require('./support');

const run = promisify(execFile);

const ANONYMOUS = 'cn=anonymous';
const ADA = `uid=ada.euler, ou=people, ${SUFFIX}`;
const GUEST = `uid=guest, ou=people, ${SUFFIX}`;

/** The arguments of each probe: `d` a number, `s` a text. */
const START = {
    bind: 'dsss',
    unbind: 'dsss',
    abandon: 'dsss',
    delete: 'dsss',
    add: 'dsssd',
    modify: 'dsssd',
    compare: 'dsssss',
    search: 'dsssss',
    modifydn: 'dsssss',
    exop: 'dsssss',
};
const ARGUMENTS = { 'server-connection': 's', 'server-search-entry': 'dssssd' };
for (const [operation, args] of Object.entries(START)) {
    ARGUMENTS[`server-${operation}-start`] = args;
    ARGUMENTS[`server-${operation}-done`] = 'dsssds';
}

/**
 * Prints the time, a probe and its arguments, parted by `|`: in two lines, since bpftrace 0.17 has little room for the
 * texts of one.
 */
function printing(name) {
    const args = [...ARGUMENTS[name]].map((kind, n) => (kind === 's' ? ['%s', `str(arg${n})`] : ['%d', `arg${n}`]));
    const print = (start, part) => {
        const format = ['%llu', start, ...part.map(([spec]) => spec)].join('|');
        return `printf(${[`"${format}\\n"`, 'nsecs', ...part.map(([, value]) => value)].join(', ')});`;
    };
    return `${print(name, args.slice(0, 3))}${args.length > 3 ? print('', args.slice(3)) : ''}`;
}

/** The firings that {@link printing} printed, as `[name, argument, …]`, in the order of time. */
function firings(lines) {
    const found = [];
    // What two CPUs saw arrives in any order.
    const parts = lines.map((line) => line.split('|')).sort(([a], [b]) => Number(BigInt(a) - BigInt(b)));
    for (const [, name, ...args] of parts) {
        if (name === '') found.at(-1).push(...args);
        else found.push([name, ...args]);
    }
    return found;
}

test('each probe that ldapjs names fires with its arguments', async (t) => {
    const server = await startServer(t);
    const image = imageOf(server.images, 'ldapjs');
    const programs = Object.keys(ARGUMENTS).map((name) => [usdt(image, 'ldapjs', name), printing(name)]);
    const { lines } = await observe(Object.fromEntries(programs), async () => {
        const client = await Client.connect(server.url);
        await client.bind(ADMINISTRATOR, 'guessed');
        await client.bind(ADMINISTRATOR, PASSWORD);
        const options = { scope: 'one', filter: '(uid=ada.euler)', attributes: ['cn', 'mail'] };
        await client.search(`ou=people, ${SUFFIX}`, options);
        await client.compare(ADA, 'sn', 'Gauss');
        await client.add(GUEST, { objectClass: ['person'], cn: 'Ä guest', sn: 'Guest' });
        await client.replace(GUEST, 'cn', ['Nobody']);
        await client.delete(GUEST);
        await client.delete(GUEST);
        await client.rename(ADA, 'uid=ada, ou=people, o=example');
        await client.extended(WHO_AM_I, 'please');
        await client.abandon(99);
        await client.unbind();
    });

    const peer = '127.0.0.1';
    const admin = ADMINISTRATOR;
    const people = `ou=people, ${SUFFIX}`;
    let id = 0;
    /** A request's two firings, the second with this status and message. */
    const request = (operation, who, dn, more, status, message = '', between = []) => {
        id += 1;
        const common = [String(id), peer, who];
        const done = [`server-${operation}-done`, ...common, dn, String(status), message];
        return [
            [`server-${operation}-start`, ...common, dn, ...more],
            ...between.map((entry) => ['server-search-entry', ...common, dn, ...entry]),
            ...(operation === 'abandon' ? [] : [done]),
        ];
    };
    assert.deepEqual(firings(lines), [
        ['server-connection', peer],
        ...request('bind', ANONYMOUS, admin, [], 49, admin),
        ...request('bind', ANONYMOUS, admin, [], 0),
        ...request('search', admin, people, ['one', '(uid=ada.euler)'], 0, '', [[ADA, '2']]),
        ...request('compare', admin, ADA, ['sn', 'Gauss'], 5),
        ...request('add', admin, GUEST, ['3'], 0),
        ...request('modify', admin, GUEST, ['1'], 0),
        ...request('delete', admin, GUEST, [], 0),
        ...request('delete', admin, GUEST, [], 32, GUEST),
        ...request('modifydn', admin, ADA, ['uid=ada', people], 80, 'Server method not implemented'),
        ...request('exop', admin, WHO_AM_I, [WHO_AM_I, 'please'], 0),
        // ldapjs names no entry here, and an abandoned request has no answer, so there is no -done.
        ...request('abandon', admin, '', []),
        ...request('unbind', admin, admin, [], 0),
    ]);
});

test('ldapsearch is seen as any client', async (t) => {
    const server = await startServer(t);
    const image = imageOf(server.images, 'ldapjs');
    const { lines } = await observe({
        [usdt(image, 'ldapjs', 'server-search-start')]: 'printf("%s %s %s\\n", str(arg3), str(arg4), str(arg5));',
        [usdt(image, 'ldapjs', 'server-search-entry')]: 'printf("%s %d\\n", str(arg4), arg5);',
    }, async () => {
        const search = ['-x', '-LLL', '-H', server.url, '-b', SUFFIX, '(mail=ada.g*)', 'cn'];
        const { stdout } = await run('ldapsearch', search);
        assert.match(stdout, /^cn: Ada Gauss$/m);
    });
    assert.deepEqual(lines, [`${SUFFIX} sub (mail=ada.g*)`, `uid=ada.gauss, ou=people, ${SUFFIX} 1`]);
});

test('one attach counts each request to two servers, of which one starts later', async (t) => {
    const images = imageDirectory(t);
    const first = await startServer(t, images);
    const image = imageOf(images, 'ldapjs');
    const programs = Object.keys(ARGUMENTS).map((name) =>
        [usdt(image, 'ldapjs', name), `@["${name}", pid] = count();`]);
    // What is sent before is nobody's business.
    await traffic(first);
    const session = await attach(Object.fromEntries(programs), { strlen: 32 });
    const second = await startServer(t, images);
    assert.equal(imageOf(images, 'ldapjs'), image, 'both have one image');
    const sent = await Promise.all([traffic(first), traffic(second)]);
    const { maps } = await session.finish();

    const expected = {};
    for (const [n, { pid }] of [first, second].entries()) {
        const { requests, entries, connections } = sent[n];
        assert.ok(requests.search > 10 && entries > 10, JSON.stringify(sent[n]));
        for (const [operation, count] of Object.entries(requests)) {
            expected[`server-${operation}-start,${pid}`] = count;
            expected[`server-${operation}-done,${pid}`] = count;
        }
        expected[`server-search-entry,${pid}`] = entries;
        expected[`server-connection,${pid}`] = connections;
    }
    assert.deepEqual({ ...maps['@'] }, expected);
});

test('the debug log of a server that writes none', async (t) => {
    const server = await startServer(t);
    const image = imageOf(server.images, 'bunyan');
    const program = 'printf("%s\\n", str(arg0));';
    const { lines } = await observe({ [usdt(image, 'bunyan', 'log-debug')]: program }, async () => {
        const client = await Client.connect(server.url);
        await client.search(ADA, { scope: 'base' });
        await client.unbind();
    }, { strlen: 200 });
    assert.equal(server.stderr, '', 'the server itself logs errors only');
    assert.ok(lines.length > 0);
    for (const line of lines) assert.match(line, /^\{"name":"ldap-server",.*"level":20,/);
});

/** Two seconds of traffic, and what it says that it sent. */
async function traffic({ url }) {
    const { stdout } = await run(process.execPath, [path.join(EXAMPLE, 'traffic.js'), '--url', url, '--seconds', '2']);
    return Object.assign(new Counts(), JSON.parse(stdout));
}
