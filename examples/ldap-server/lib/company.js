'use strict';

// Who works here: the same people each time the server starts.

const SUFFIX = 'o=example';
const ADMINISTRATOR = `cn=admin, ${SUFFIX}`;
/** Everybody's password, and the administrator's: there is nothing to protect here. */
const PASSWORD = 'secret';

const GIVEN = ['Ada', 'Alan', 'Barbara', 'Claude', 'Dennis', 'Donald', 'Edsger', 'Frances', 'Grace', 'Hedy',
    'Jean', 'John', 'Katherine', 'Ken', 'Leslie', 'Margaret', 'Niklaus', 'Radia', 'Sophie', 'Tony'];
const FAMILY = ['Allen', 'Booth', 'Curie', 'Dekker', 'Euler', 'Fermat', 'Gauss', 'Hilbert', 'Jacobi', 'Kepler'];
const DEPARTMENTS = ['accounting', 'engineering', 'marketing', 'research'];

/** The entries of the directory, as `[dn, attributes]`: parents before their children. */
function people() {
    const entries = [
        [SUFFIX, { objectclass: ['organization'], o: ['example'] }],
        [ADMINISTRATOR, { objectclass: ['organizationalRole'], cn: ['admin'], userpassword: [PASSWORD] }],
        [`ou=people, ${SUFFIX}`, { objectclass: ['organizationalUnit'], ou: ['people'] }],
    ];
    for (const [f, family] of FAMILY.entries()) {
        for (const [g, given] of GIVEN.entries()) {
            const uid = `${given}.${family}`.toLowerCase();
            entries.push([`uid=${uid}, ou=people, ${SUFFIX}`, {
                objectclass: ['person', 'inetOrgPerson'],
                uid: [uid],
                cn: [`${given} ${family}`],
                sn: [family],
                mail: [`${uid}@example.com`],
                departmentnumber: [DEPARTMENTS[(f + g) % DEPARTMENTS.length]],
                userpassword: [PASSWORD],
            }]);
        }
    }
    return entries;
}

module.exports = { SUFFIX, ADMINISTRATOR, PASSWORD, GIVEN, FAMILY, DEPARTMENTS, people };
