/**
 * What `usdt-probes/node` costs a server while nobody watches: the requests a second of one that says hello, with it and without.
 *
 *     node napi-binding/bench/http.mjs [--quick] [--json]
 *
 * `USDT_PROBES_NATIVE` says where the native part is. Two processes of one program already differ by a few per cent, for as long as
 * they live. So there are several of each, and two that are without: how far these are apart says how much of a difference is chance.
 * Three servers run side by side and take turns, in an order of chance, so that what disturbs the machine disturbs all; then come three
 * others. Where other things run too, the processor's time for a request says more than the requests a second.
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
/** Milliseconds: V8 has compiled the server by then. */
const WARM_UP = 1000;

const SERVERS = [
    { name: 'without', what: 'without', flags: [] },
    { name: 'again', what: 'without, once more', flags: [] },
    { name: 'preloaded', what: 'with usdt-probes/node', flags: ['--require', PRELOAD] },
];

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

/** Three servers take turns; gives for each its requests a second, in the middle of its turns, and its time a request in µs. */
async function generation(turns, ms) {
    const servers = [];
    for (const { name, flags } of shuffled(SERVERS)) {
        servers.push({ name, rates: [], answered: 0, ...await serve(flags) });
    }
    for (const server of servers) {
        await drive(server.port, WARM_UP);
        server.before = ticks(server.pid);
    }
    for (let i = 0; i < turns; i += 1) {
        for (const server of shuffled(servers)) {
            const { answered, rate } = await drive(server.port, ms);
            server.rates.push(rate);
            server.answered += answered;
        }
    }
    const told = servers.map(({ name, rates, answered, pid, before }) =>
        [name, { rate: quantile(rates, 5), time: ((ticks(pid) - before) * 10_000) / answered }]);
    servers.forEach(({ end }) => end());
    return Object.fromEntries(told);
}

/** A ratio of all generations: the middle, what is between the two ends but for a tenth at each, and the mean with twice its error. */
function ratio(generations, of) {
    const ratios = generations.map(of);
    const mean = ratios.reduce((sum, value) => sum + value, 0) / ratios.length;
    const variance = ratios.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (ratios.length - 1);
    const error = 2 * Math.sqrt(variance / ratios.length);
    return { median: quantile(ratios, 5), p10: quantile(ratios, 1), p90: quantile(ratios, 9), mean, error };
}

const options = new Set(process.argv.slice(2));
const [count, turns, ms] = options.has('--quick') ? [3, 5, 200] : [20, 15, 200];
const generations = [];
for (let i = 0; i < count; i += 1) {
    generations.push(await generation(turns, ms));
    if (process.stderr.isTTY) {
        process.stderr.write(`\r${i + 1} of ${count}${i + 1 === count ? '\n' : ''}`);
    }
}

const told = {
    node: process.version,
    generations: count,
    goal: GOAL,
    requests: Object.fromEntries(SERVERS.map(({ name }) => [name, Math.round(quantile(generations.map((it) => it[name].rate), 5))])),
    microseconds: Object.fromEntries(SERVERS.map(({ name }) => [name, quantile(generations.map((it) => it[name].time), 5)])),
    // Above 1 is faster.
    rate: ratio(generations, (it) => it.preloaded.rate / ((it.without.rate + it.again.rate) / 2)),
    rateOfChance: ratio(generations, (it) => it.again.rate / it.without.rate),
    time: ratio(generations, (it) => ((it.without.time + it.again.time) / 2) / it.preloaded.time),
    timeOfChance: ratio(generations, (it) => it.without.time / it.again.time),
};
if (options.has('--json')) {
    console.log(JSON.stringify(told));
} else {
    console.log(`Node ${told.node}, ${count} processes of each, medians`);
    for (const { name, what } of SERVERS) {
        const [requests, time] = [told.requests[name], told.microseconds[name].toFixed(2)];
        console.log(`${what.padEnd(26)}${String(requests).padStart(8)} requests/s ${time.padStart(8)} µs of processor a request`);
    }
    console.log(`${'ratio'.padEnd(36)}  median   eight of ten      mean`);
    const line = (what, { median, p10, p90, mean, error }) => {
        const spread = `${p10.toFixed(3)} to ${p90.toFixed(3)}`;
        console.log(`${what.padEnd(38)}${median.toFixed(3)}   ${spread}   ${mean.toFixed(3)} ± ${error.toFixed(3)}`);
    };
    line(`requests/s, with / without, goal ${GOAL}`, told.rate);
    line('requests/s, without / without', told.rateOfChance);
    line("processor's time, without / with", told.time);
    line("processor's time, without / without", told.timeOfChance);
}
