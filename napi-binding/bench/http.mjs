/**
 * What `usdt-probes/node` costs a server while nobody watches: the requests a second of one that says hello, with it and without.
 *
 *     node napi-binding/bench/http.mjs [--quick] [--json]
 *
 * `USDT_PROBES_NATIVE` says where the native part is. Both servers run all the time and take turns, in an order of chance, so that
 * what disturbs the machine disturbs both; a round gives the ratio of two turns that lie side by side. Where other things run
 * too, the processor's time for a request says more: it is summed up over all rounds.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

import { shuffled } from './rows.mjs';

const PRELOAD = fileURLToPath(new URL('../node.js', import.meta.url));
const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const CONNECTIONS = 16;
const GOAL = 0.99;

const SERVER = `
const server = require('node:http').createServer((request, response) => response.end('hello'));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();
`;

/** Starts a server; it ends with this process. */
async function serve(flags) {
    const child = spawn(process.execPath, [...flags, '-e', SERVER], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [port] = await once(child.stdout, 'data');
    return { port: Number(port), pid: child.pid, end: () => child.stdin.end() };
}

/** The processor's time that a process has had, in ticks of 10 ms: the times of user and kernel in /proc/PID/stat. */
function ticks(pid) {
    const [, fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const [user, kernel] = fields.split(' ').slice(11, 13).map(Number);
    return user + kernel;
}

/** The requests that one server answers in a second, and in all, over connections that stay and with one request on each at a time. */
async function drive(port, ms) {
    let answered = 0;
    const sockets = Array.from({ length: CONNECTIONS }, () => connect(port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const start = process.hrtime.bigint();
    for (const socket of sockets) {
        // An answer is so short that it arrives whole.
        socket.on('data', () => {
            answered += 1;
            socket.write(REQUEST);
        });
        socket.write(REQUEST);
    }
    await new Promise((resolve) => setTimeout(resolve, ms));
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    sockets.forEach((socket) => socket.destroy());
    return { answered, rate: answered / seconds };
}

/** The value below which so many tenths lie. */
function quantile(values, tenths) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.floor(((sorted.length - 1) * tenths) / 10)];
}

const options = new Set(process.argv.slice(2));
const [rounds, ms] = options.has('--quick') ? [10, 300] : [60, 500];
const servers = [
    { name: 'without', rates: [], answered: 0, ...await serve([]) },
    { name: 'with usdt-probes/node', rates: [], answered: 0, ...await serve(['--require', PRELOAD]) },
];
for (const server of servers) {
    await drive(server.port, 2_000);
    server.before = ticks(server.pid);
}
for (let i = 0; i < rounds; i += 1) {
    for (const server of shuffled(servers)) {
        const { answered, rate } = await drive(server.port, ms);
        server.rates.push(rate);
        server.answered += answered;
    }
}
const [cost, preloadedCost] = servers.map(({ pid, before, answered }) => ((ticks(pid) - before) * 10_000) / answered);
servers.forEach(({ end }) => end());

const [without, preloaded] = servers;
const ratios = preloaded.rates.map((value, i) => value / without.rates[i]);
const told = {
    node: process.version,
    rounds,
    rates: Object.fromEntries(servers.map(({ name, rates }) => [name, Math.round(quantile(rates, 5))])),
    ratio: { median: quantile(ratios, 5), p10: quantile(ratios, 1), p90: quantile(ratios, 9) },
    microseconds: { without: cost, preloaded: preloadedCost, ratio: cost / preloadedCost },
    goal: GOAL,
};
if (options.has('--json')) {
    console.log(JSON.stringify(told));
} else {
    console.log(`Node ${told.node}, requests a second, the median of ${rounds} rounds`);
    for (const [name, value] of Object.entries(told.rates)) {
        console.log(`${name.padEnd(24)}${String(value).padStart(8)}`);
    }
    const { median, p10, p90 } = told.ratio;
    console.log(`${'ratio'.padEnd(24)}${median.toFixed(3).padStart(8)}   (${p10.toFixed(3)} to ${p90.toFixed(3)} in eight of ten), goal ${GOAL}`);
    console.log(`processor's time a request: ${cost.toFixed(2)} and ${preloadedCost.toFixed(2)} µs, ratio ${(cost / preloadedCost).toFixed(3)}`);
}
