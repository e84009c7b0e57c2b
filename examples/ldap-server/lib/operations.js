'use strict';

// What the server does when it is asked. Everybody may read; the administrator may write.

const ldap = require('ldapjs');

const { ADMINISTRATOR } = require('./company');

/** "Who am I?", RFC 4532. */
const WHO_AM_I = '1.3.6.1.4.1.4203.1.11.3';

/** What a handler returns that leaves the answer to the one behind it. */
const NEXT = Symbol('not answered yet');

/** Answers for `directory` on a server of ldapjs. */
function mount(server, directory) {
    const { suffix } = directory;
    const on = (operation, ...handlers) => server[operation](suffix, ...handlers.map(answering));
    on('bind', (req) => bind(directory, req));
    on('search', (req, res) => search(directory, req, res));
    on('compare', (req) => compare(directory, req));
    on('add', mayWrite, (req) => directory.add(req.dn, req.toObject().attributes));
    on('modify', mayWrite, (req) => modify(directory, req));
    on('del', mayWrite, (req) => directory.remove(req.dn));
    server.exop(WHO_AM_I, answering((req, res) => {
        res.value = `dn:${req.connection.ldap.bindDN}`;
    }));
}

/**
 * A handler of ldapjs: what `handle` throws is the answer, and so is the number that it returns (a status), unless it
 * returns `NEXT`.
 */
function answering(handle) {
    return (req, res, next) => {
        let status;
        try {
            status = handle(req, res);
        } catch (error) {
            return next(error instanceof ldap.LDAPError ? error : new ldap.OperationsError(error.message));
        }
        if (status !== NEXT) res.end(status);
        return next();
    };
}

function mayWrite(req) {
    if (req.connection.ldap.bindDN.equals(ADMINISTRATOR)) return NEXT;
    throw new ldap.InsufficientAccessRightsError(req.dn.toString());
}

function bind(directory, req) {
    let passwords = [];
    try {
        passwords = directory.get(req.dn).userpassword ?? [];
    } catch {
        // Who isn't there has no password: the answer tells nobody which of the two was wrong.
    }
    if (!passwords.includes(req.credentials)) throw new ldap.InvalidCredentialsError(req.dn.toString());
}

function search(directory, req, res) {
    let room = req.sizeLimit || Infinity;
    for (const { dn, attributes } of directory.search(req.dn, req.scope, req.filter)) {
        if (room-- === 0) throw new ldap.SizeLimitExceededError(req.dn.toString());
        const { userpassword, ...visible } = attributes;
        res.send({ dn, attributes: visible });
    }
}

function compare(directory, req) {
    const values = directory.get(req.dn)[req.attribute.toLowerCase()];
    if (!values) throw new ldap.NoSuchAttributeError(req.attribute);
    return values.includes(req.value) ? ldap.LDAP_COMPARE_TRUE : ldap.LDAP_COMPARE_FALSE;
}

function modify(directory, req) {
    const attributes = directory.get(req.dn);
    for (const { operation, modification: { type, vals } } of req.changes) {
        const old = attributes[type.toLowerCase()] ?? [];
        const kept = operation === 'replace' || (operation === 'delete' && vals.length === 0) ? [] : old;
        const values = operation === 'delete'
            ? kept.filter((value) => !vals.includes(value))
            : [...new Set([...kept, ...vals])];
        if (values.length) attributes[type.toLowerCase()] = values;
        else delete attributes[type.toLowerCase()];
    }
}

module.exports = { mount, WHO_AM_I };
