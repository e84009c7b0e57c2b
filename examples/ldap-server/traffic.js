'use strict';

// A bounded load for the server, mixed as a real one would be. In the end it prints what it sent, as one line of JSON:
// {"requests":{"bind":4,…},"entries":1234,"connections":4}.

const { parseArgs } = require('node:util');
const { setTimeout: sleep } = require('node:timers/promises');

const { Client, Counts } = require('./lib/client');
const { SUFFIX, ADMINISTRATOR, PASSWORD, GIVEN, FAMILY, DEPARTMENTS } = require('./lib/company');

const CLIENTS = 4;
/** The longest time between two requests of one client, in milliseconds. */
const LONGEST_PAUSE = 25;

/** Random numbers that are the same each time: `random(n)` is one of 0 … n-1. */
function randomFrom(seed) {
    let state = (seed + 1) * 0x9e3779b1;
    return (limit) => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return (state >>> 0) % limit;
    };
}

/** One person's way through the directory until `isOver()`. */
async function work(client, seed, isOver) {
    const random = randomFrom(seed);
    const pick = (list) => list[random(list.length)];
    const person = () => `uid=${pick(GIVEN)}.${pick(FAMILY)}, ou=people, ${SUFFIX}`.toLowerCase();
    expect(0, await client.bind(ADMINISTRATOR, PASSWORD));
    for (let n = 0; !isOver(); n++) {
        await one(client, { random, pick, person, guest: `uid=guest.${seed}.${n}, ou=people, ${SUFFIX}` });
        await sleep(random(LONGEST_PAUSE));
    }
    await client.unbind();
}

/** One thing that people do to a directory, which is one request or three. */
async function one(client, { random, pick, person, guest }) {
    const dice = random(100);
    if (dice < 40) {
        const filter = `(uid=${pick(GIVEN)}.${pick(FAMILY)})`.toLowerCase();
        expect(0, (await client.search(SUFFIX, { scope: 'sub', filter, attributes: ['cn', 'mail'] })).status);
    } else if (dice < 60) {
        expect(0, (await client.search(person(), { scope: 'base' })).status);
    } else if (dice < 68) {
        const filter = `(&(departmentNumber=${pick(DEPARTMENTS)})(cn=*${pick(['a', 'e', 'o'])}*))`;
        expect(0, (await client.search(SUFFIX, { scope: 'sub', filter })).status);
    } else if (dice < 72) {
        expect(32, (await client.search(`uid=nobody, ou=people, ${SUFFIX}`, { scope: 'base' })).status);
    } else if (dice < 80) {
        const right = random(4) > 0;
        expect(right ? 0 : 49, await client.bind(ADMINISTRATOR, right ? PASSWORD : 'guessed'));
    } else if (dice < 86) {
        expect(5, await client.compare(person(), 'departmentNumber', 'gardening'));
    } else if (dice < 94) {
        expect(0, await client.replace(person(), 'telephoneNumber', [`+1 555 ${1000 + random(9000)}`]));
    } else {
        expect(0, await client.add(guest, { objectClass: ['person'], cn: 'A guest', sn: 'Guest' }));
        expect(68, await client.add(guest, { objectClass: ['person'], cn: 'A guest', sn: 'Guest' }));
        expect(0, await client.delete(guest));
    }
}

function expect(wanted, status) {
    if (status !== wanted) throw new Error(`the server answered ${status} where ${wanted} was expected`);
}

async function main() {
    const { values } = parseArgs({
        options: {
            url: { type: 'string', default: 'ldap://127.0.0.1:1389' },
            seconds: { type: 'string', default: '10' },
        },
    });
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { asked = true; });
    const end = performance.now() + Number(values.seconds) * 1000;
    const isOver = () => asked || performance.now() >= end;
    const counts = new Counts();
    await Promise.all(Array.from({ length: CLIENTS }, async (_, seed) => {
        await work(await Client.connect(values.url, counts), seed, isOver);
    }));
    console.log(JSON.stringify(counts));
}

main().catch((error) => {
    console.error(`traffic: ${error.message}`);
    process.exit(1);
});
