'use strict';

/**
 * bpftrace, as a test needs it: a script that is known to be attached before anything is fired, and all that it said.
 *
 * Two versions differ in small things, and what is done about them stands beside the code. Whoever calls this must be root.
 */

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { createInterface } = require('node:readline');
const { setTimeout: sleep } = require('node:timers/promises');

/** What the script prints first: bpftrace runs `BEGIN` before it attaches the other probes, in some versions after. */
const READY = 'test: attached';
/** How long attaching may take, in ms. */
const ATTACH = 20_000;
/** How long it must have been silent before it is stopped: bpftrace 0.27 throws away what it has not printed yet. */
const QUIET = 300;
const QUIET_AT_LAST = 5_000;
/** It is asked to end, and asked again: bpftrace 0.17 loses a SIGINT that comes while it isn't waiting for events. */
const ASK_AGAIN = 1_000;
const ASK_AT_MOST = 10;

/** Those that run, which must not outlive the process that started them. */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/**
 * @typedef {object} Output
 * @property {string[]} lines what each `printf` printed, without the line end
 * @property {Record<string, any>} maps the maps at the end, by name (`@count`)
 * @property {number} lost events that bpftrace says it lost
 * @property {string} stderr its complaints
 */

/** A bpftrace that has attached all its probes. */
class Session {
  #child;
  #ended;
  #ready = false;
  #attached = null;
  #heard = 0;
  #wake = () => {};
  /** @type {Output} */
  #output = { lines: [], maps: {}, lost: 0, stderr: '' };

  constructor(child) {
    this.#child = child;
    const lines = (stream, take) => {
      const reader = createInterface({ input: stream }).on('line', (line) => {
        take(line);
        this.#heard = Date.now();
        this.#wake();
      });
      return once(reader, 'close');
    };
    const read = [
      lines(child.stdout, (line) => this.#line(line)),
      lines(child.stderr, (line) => this.#complaint(line)),
    ];
    const failed = once(child, 'error').then(([error]) => this.#complaint(String(error)));
    const exited = once(child, 'exit').catch(() => {});
    this.#ended = Promise.race([failed, Promise.all([exited, ...read])]).then(() => {
      running.delete(child);
      this.#child = null;
      this.#wake();
    });
  }

  /** Waits until `done()`, at most for `patience` ms; false if it isn't then, or bpftrace has ended. */
  async #until(done, patience) {
    const end = Date.now() + patience;
    while (!done()) {
      const left = end - Date.now();
      if (left <= 0 || this.#child === null) return done();
      const timer = new AbortController();
      await Promise.race([
        new Promise((resolve) => { this.#wake = resolve; }),
        sleep(left, null, { signal: timer.signal }).catch(() => {}),
      ]);
      timer.abort();
    }
    return true;
  }

  /** @internal Waits until as many probes are attached as the script has. */
  async attached(expected, script) {
    const ready = await this.#until(() => this.#ready && this.#attached !== null, ATTACH);
    // bpftrace goes on without a probe that it doesn't find.
    if (ready && this.#attached >= expected) return this;
    await this.kill();
    const { stderr } = this.#output;
    throw new Error(`bpftrace attached ${this.#attached ?? 'none'} of ${expected}:\n${script}\n${stderr}`);
  }

  /** The lines so far. */
  get lines() {
    return this.#output.lines;
  }

  /** Waits until `count` lines were printed since the start. */
  async waitForLines(count) {
    if (await this.#until(() => this.#output.lines.length >= count, ATTACH)) return;
    throw new Error(`expected ${count} lines, bpftrace said ${JSON.stringify(this.#output.lines)}`);
  }

  /**
   * Stops it.
   * @returns {Promise<Output>} all that it said
   */
  async finish() {
    this.#heard = Date.now();
    const end = Date.now() + QUIET_AT_LAST;
    while (Date.now() - this.#heard < QUIET && Date.now() < end) await sleep(QUIET / 4);
    for (let asked = 0; asked < ASK_AT_MOST && this.#child !== null; asked += 1) {
      this.#child.kill('SIGINT');
      // It never comes true: the wait is over when bpftrace is.
      await this.#until(() => false, ASK_AGAIN);
    }
    if (this.#child !== null) {
      await this.kill();
      throw new Error(`bpftrace doesn't end on SIGINT:\n${this.#output.stderr}`);
    }
    return this.#output;
  }

  /** Ends it at once, whatever it still had to say. */
  async kill() {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** A line of the standard output; what isn't JSON is of no interest. */
  #line(line) {
    let message;
    try {
      message = JSON.parse(repaired(line));
    } catch {
      return;
    }
    const { type, data } = message;
    const output = this.#output;
    if (type === 'attached_probes') this.#attached = data.probes;
    else if (type === 'lost_events') output.lost += data.events ?? 1;
    else if (type === 'printf') this.#printed(String(data));
    else if (['map', 'hist', 'lhist', 'stats', 'tseries'].includes(type)) Object.assign(output.maps, data);
  }

  #printed(text) {
    const line = text.endsWith('\n') ? text.slice(0, -1) : text;
    if (!this.#ready && line === READY) this.#ready = true;
    else this.#output.lines.push(line);
  }

  /** A line of the standard error, where newer versions sum up what was lost. */
  #complaint(line) {
    const [, total] = /Total lost event count: (\d+)/.exec(line) ?? [];
    if (total !== undefined) this.#output.lost = Math.max(this.#output.lost, Number(total));
    this.#output.stderr += `${line}\n`;
  }
}

/**
 * The line with what isn't ASCII put right: bpftrace 0.17 writes each byte of it as a number below zero, `\uffffffc3`.
 */
function repaired(line) {
  // The second alternative takes each other escape whole, so that a backslash of the text is not taken for one of JSON.
  return line.replace(/(?:\\uffffff[89a-f][0-9a-f])+|\\./g, (text) => {
    if (!text.startsWith('\\uffffff')) return text;
    return Buffer.from(text.replaceAll('\\uffffff', ''), 'hex').toString();
  });
}

/**
 * Starts bpftrace and waits until every probe is attached.
 *
 * @param {Record<string, string>} programs what to do at each probe: `{ 'usdt:/path:provider:probe': '@ = count();' }`
 * @param {{ pid?: number, env?: Record<string, string>, strlen?: number }} [options] a process to watch alone; variables
 *   for bpftrace; how many bytes of a string `str()` reads (64 by default, 200 at most in bpftrace 0.17)
 * @returns {Promise<Session>} rejects if bpftrace can't start or doesn't find each of the probes
 */
async function attach(programs, { pid, env = {}, strlen } = {}) {
  const entries = Object.entries(programs);
  const script = [`BEGIN { printf("${READY}\\n"); }`, ...entries.map(([probe, action]) => `${probe} { ${action} }`)].join('\n');
  const args = ['-f', 'json', '-B', 'line', '-e', script];
  if (pid !== undefined) args.push('-p', String(pid));
  const child = spawn('bpftrace', args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      // The 64 pages of the default lose events under load.
      BPFTRACE_PERF_RB_PAGES: '1024',
      // Renamed in 0.20.
      ...(strlen === undefined ? {} : { BPFTRACE_STRLEN: String(strlen), BPFTRACE_MAX_STRLEN: String(strlen) }),
      ...env,
    },
  });
  running.add(child);
  return new Session(child).attached(entries.length + 1, script);
}

/**
 * Attaches, does `run`, and gives what was seen. If nothing at all was seen it says so and does everything once more.
 *
 * @param {Record<string, string>} programs as for {@link attach}
 * @param {() => any} run what fires the probes
 * @param {object} [options] as for {@link attach}
 * @returns {Promise<Output>}
 */
async function observe(programs, run, options) {
  const watch = async () => {
    const session = await attach(programs, options);
    try {
      await run();
    } catch (error) {
      await session.kill();
      throw error;
    }
    return session.finish();
  };
  const output = await watch();
  const isNothing = (map) => map === 0 || (Object(map) === map && Object.keys(map).length === 0);
  if (output.lines.length > 0 || !Object.values(output.maps).every(isNothing)) return output;
  process.emitWarning(`bpftrace saw nothing, trying once more\n${output.stderr}`);
  return watch();
}

/** The probe `provider:name` of an image, as bpftrace names it: `-` in a name is written `__`. */
function usdt(path, provider, name) {
  return `usdt:${path}:${provider}:${name.replaceAll('-', '__')}`;
}

module.exports = { attach, observe, usdt };
