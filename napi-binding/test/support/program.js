'use strict';

/**
 * A program that uses the package, in a process of its own. It stops where it says `step`, so that a test knows what has
 * happened and decides when it goes on.
 */

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { after } = require('node:test');

const PACKAGE = path.resolve(__dirname, '../..');
/** How long a program may run at most, in ms. */
const PATIENCE = 600_000;

/**
 * A directory for images that is removed when this process ends. Only its owner may enter: another would be refused.
 * @param {string} [base]
 */
function directory(base = tmpdir()) {
    const made = mkdtempSync(path.join(base, 'usdt-probes-live-'));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    return made;
}

/** Programs that run, since a test has failed: they would wait for it, and the file's process for them. */
const running = new Set();
after(() => running.forEach((child) => child.kill('SIGKILL')));

/** What every program has in the beginning: it needs nothing but the standard streams. */
const STEP = `
/** Tells the test a value. */
function tell(value) {
    require('node:fs').writeSync(1, JSON.stringify(value ?? null) + '\\n');
}
/** Tells it and waits until it says that the program may go on. */
function step(value) {
    tell(value);
    require('node:fs').readSync(0, Buffer.alloc(1));
}
`;

/**
 * The source of a program: a function that is called with the package, \`tell\` and \`step\` in one object, and with data.
 * @param {Function} main
 * @param {unknown} [data] as JSON has it
 */
function source(main, data) {
    return `${STEP}
const usdtProbes = require(${JSON.stringify(PACKAGE)});
if (usdtProbes.loadError !== null) {
    throw usdtProbes.loadError;
}
const tools = { ...usdtProbes, tell, step };
Promise.resolve((${main})(tools, ${JSON.stringify(data)})).then((value) => tell(value));`;
}

class Program {
    #child;
    #lines;
    #stderr = '';
    #ended;

    /**
     * @param {string[]} args Node's
     * @param {Record<string, string>} [env] beside this process's own
     */
    constructor(args, env = {}) {
        this.#child = spawn(process.execPath, args, { env: { ...process.env, ...env }, timeout: PATIENCE });
        const child = this.#child;
        running.add(child);
        this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
        child.stderr.on('data', (text) => {
            this.#stderr += text;
        });
        child.stdin.on('error', () => {}); // it has ended, which `ended` says better
        this.#ended = once(child, 'close').finally(() => running.delete(child));
    }

    get pid() {
        return this.#child.pid;
    }

    /** What the program tells next. */
    async told() {
        const { value, done } = await this.#lines.next();
        if (done) {
            await this.ended();
            throw new Error('the program has ended and told nothing');
        }
        return JSON.parse(value);
    }

    /** Lets it go on after a `step`. */
    goOn() {
        this.#child.stdin.write('.');
    }

    /** Lets it go on and gives what it tells next. */
    async next() {
        this.goOn();
        return this.told();
    }

    /** Lets it run to its end, which must be a good one. */
    async ended() {
        this.#child.stdin.end();
        const [code, signal] = await this.#ended;
        assert.deepEqual({ code, signal, stderr: this.#stderr }, { code: 0, signal: null, stderr: '' });
    }
}

/**
 * Starts a program with the source of `main`, see {@link source}.
 * @param {Function} main
 * @param {{ images: string, data?: unknown, flags?: string[], env?: Record<string, string> }} options `images`: the
 *   directory for them
 */
function start(main, { images, data, flags = [], env = {} }) {
    return new Program([...flags, '-e', source(main, data)], { USDT_PROBES_DIR: images, ...env });
}

module.exports = { Program, directory, source, start, STEP, PACKAGE };
