/**
 * Servers that say hello, and how many requests they answer.
 *
 * Two processes of one program already differ by a few per cent, for as long as they live. So there are several of each kind. One of
 * each runs side by side and they take turns, in an order of chance, so that what disturbs the machine disturbs all; then come others.
 * Where other things run too, the processor's time for a request says more than the requests a second.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

import { shuffled } from './rows.mjs';

const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const CONNECTIONS = 16;
/** Milliseconds: V8 has compiled the server by then. */
const WARM_UP = 1_000;

const SERVER = `
const server = require('node:http').createServer((request, response) => response.end('hello'));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();
`;

/**
 * @typedef {object} Measured
 * @property {number} rate requests a second
 * @property {number} time the processor's time for a request, in µs
 */

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

/** One server of each kind, side by side: what each answers in a second, in the middle of its turns, and its time for one in µs. */
async function generation(kinds, { turns, ms }) {
    const servers = [];
    for (const { name, flags } of shuffled(kinds)) {
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
    const told = servers.map(({ name, rates, answered, pid, before, end }) => {
        const time = ((ticks(pid) - before) * 10_000) / answered;
        end();
        return [name, { rate: quantile(rates, 5), time }];
    });
    return Object.fromEntries(told);
}

/**
 * @param {Array<{ name: string, flags: string[] }>} kinds servers and the options of Node that they are started with
 * @param {{ processes: number, turns: number, ms: number }} effort how many of each kind, how often each has its turn, and for how long
 * @returns {Promise<Array<Record<string, Measured>>>} by the names of the kinds
 */
export async function measure(kinds, { processes, turns, ms }) {
    const generations = [];
    for (let i = 0; i < processes; i += 1) {
        generations.push(await generation(kinds, { turns, ms }));
        if (process.stderr.isTTY) {
            process.stderr.write(`\r${i + 1} of ${processes}${i + 1 === processes ? '\n' : ''}`);
        }
    }
    return generations;
}

/** The value below which so many tenths lie. */
export function quantile(values, tenths) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.floor(((sorted.length - 1) * tenths) / 10)];
}

/** A ratio of all generations: the middle, what is between the two ends but for a tenth at each, and the mean with twice its error. */
export function ratio(generations, of) {
    const ratios = generations.map(of);
    const mean = ratios.reduce((sum, value) => sum + value, 0) / ratios.length;
    const variance = ratios.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (ratios.length - 1);
    const error = 2 * Math.sqrt(variance / ratios.length);
    return { median: quantile(ratios, 5), p10: quantile(ratios, 1), p90: quantile(ratios, 9), mean, error };
}

/** The ratios as lines, below a heading. @param {Record<string, ReturnType<typeof ratio>>} ratios by their names */
export function tellRatios(ratios) {
    console.log(`${'ratio'.padEnd(38)}median   eight of ten     mean`);
    for (const [what, { median, p10, p90, mean, error }] of Object.entries(ratios)) {
        const spread = `${p10.toFixed(3)} to ${p90.toFixed(3)}`;
        console.log(`${what.padEnd(38)}${median.toFixed(3)}   ${spread}   ${mean.toFixed(3)} ± ${error.toFixed(3)}`);
    }
}
