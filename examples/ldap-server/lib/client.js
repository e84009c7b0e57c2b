'use strict';

// ldapjs's client with promises, and a count of what was asked and answered.

const ldap = require('ldapjs');

/** How often each kind of request was sent and answered, the entries that searches found, and the connections. */
class Counts {
    constructor() {
        this.requests = {};
        this.entries = 0;
        this.connections = 0;
    }

    add(operation) {
        this.requests[operation] = (this.requests[operation] ?? 0) + 1;
    }
}

class Client {
    /** Connects, and resolves to the client. */
    static async connect(url, counts = new Counts()) {
        const client = new Client(url, counts);
        await new Promise((resolve, reject) => {
            client.ldap.once('connect', resolve);
            for (const failure of ['error', 'connectError', 'connectTimeout']) client.ldap.once(failure, reject);
        });
        client.ldap.on('error', () => {}); // Each request that fails says so itself.
        counts.connections += 1;
        return client;
    }

    constructor(url, counts) {
        this.counts = counts;
        this.ldap = ldap.createClient({ url, connectTimeout: 10_000, timeout: 10_000 });
    }

    /** The status, 0 for success, of `bind(dn, password)`. */
    bind(dn, password) { return this.ask('bind', 'bind', dn, password); }
    /** … of `add(dn, attributes)`. */
    add(dn, attributes) { return this.ask('add', 'add', dn, attributes); }
    /** … of replacing one attribute's values. */
    replace(dn, type, vals) {
        const change = new ldap.Change({ operation: 'replace', modification: new ldap.Attribute({ type, vals }) });
        return this.ask('modify', 'modify', dn, change);
    }
    /** … of `del(dn)`. */
    delete(dn) { return this.ask('delete', 'del', dn); }
    /** … of `modifyDN(dn, newDn)`. */
    rename(dn, newDn) { return this.ask('modifydn', 'modifyDN', dn, newDn); }
    /** … of an extended request. */
    extended(oid, value) { return this.ask('exop', 'exop', oid, value); }
    /** … of `compare(dn, attribute, value)`: 6 is true, 5 is false. */
    async compare(dn, attribute, value) {
        const answer = await this.ask('compare', 'compare', dn, attribute, value);
        return answer === true ? ldap.LDAP_COMPARE_TRUE : answer === false ? ldap.LDAP_COMPARE_FALSE : answer;
    }

    /** The entries that a search found, as plain objects, and its status. */
    search(base, options) {
        return new Promise((resolve, reject) => {
            this.ldap.search(base, options, (error, found) => {
                if (error) return reject(error);
                const entries = [];
                const end = (status) => {
                    this.counts.add('search');
                    this.counts.entries += entries.length;
                    resolve({ status, entries });
                };
                found.on('searchEntry', (entry) => entries.push(entry.object));
                found.on('error', (failure) => (isAnswer(failure) ? end(failure.code) : reject(failure)));
                found.on('end', (result) => end(result.status));
            });
        });
    }

    /** Takes a request back by its number, which has no answer. */
    async abandon(messageId) {
        await new Promise((resolve, reject) => {
            this.ldap.abandon(messageId, (error) => (error ? reject(error) : resolve()));
        });
        this.counts.add('abandon');
    }

    /** Says goodbye, which has no answer, and resolves when the connection is closed. */
    async unbind() {
        const closed = new Promise((resolve) => this.ldap.once('close', resolve));
        this.ldap.unbind();
        await closed;
        this.counts.add('unbind');
    }

    ask(operation, method, ...args) {
        return new Promise((resolve, reject) => {
            this.ldap[method](...args, (error, answer) => {
                if (error && !isAnswer(error)) return reject(error);
                this.counts.add(operation);
                resolve(error ? error.code : typeof answer === 'boolean' ? answer : 0);
            });
        });
    }
}

/** Whether an error is what the server answered, and not a broken connection. */
function isAnswer(error) {
    return error instanceof ldap.LDAPError && error.code > 0 && error.code < 0x80;
}

module.exports = { Client, Counts };
