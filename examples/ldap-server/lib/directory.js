'use strict';

// The entries, in memory, under names that are compared as LDAP compares them. Attributes are
// `{ lowercasename: [text, …] }`, as ldapjs has them.

const ldap = require('ldapjs');

class Directory {
    /** @param {string} suffix its root @param {[string, object][]} entries parents before their children */
    constructor(suffix, entries) {
        this.suffix = suffix;
        this.entries = new Map();
        for (const [dn, attributes] of entries) this.add(ldap.parseDN(dn), attributes);
    }

    /** The attributes of an entry, to be read and changed. */
    get(dn) {
        const entry = this.entries.get(key(dn));
        if (!entry) throw new ldap.NoSuchObjectError(dn.toString());
        return entry.attributes;
    }

    add(dn, attributes) {
        if (this.entries.has(key(dn))) throw new ldap.EntryAlreadyExistsError(dn.toString());
        if (!ldap.parseDN(this.suffix).equals(dn)) this.get(dn.parent());
        this.entries.set(key(dn), { dn, attributes });
    }

    remove(dn) {
        this.get(dn);
        const isParent = [...this.entries.values()].some((entry) => dn.parentOf(entry.dn));
        if (isParent) throw new ldap.NotAllowedOnNonLeafError(dn.toString());
        this.entries.delete(key(dn));
    }

    /** The entries in a scope ('base', 'one' or 'sub') that a filter of ldapjs matches. */
    * search(dn, scope, filter) {
        const base = { dn, attributes: this.get(dn) };
        const candidates = scope === 'base' ? [base] : this.entries.values();
        for (const entry of candidates) {
            if (isInScope(entry.dn, dn, scope) && filter.matches(entry.attributes)) yield entry;
        }
    }
}

function isInScope(dn, base, scope) {
    switch (scope) {
        case 'base': return dn.equals(base);
        case 'one': return dn.rdns.length === base.rdns.length + 1 && dn.childOf(base);
        default: return dn.equals(base) || dn.childOf(base);
    }
}

/** One text for all spellings of a name. */
function key(dn) {
    return dn.format({ skipSpace: true }).toLowerCase();
}

module.exports = { Directory };
