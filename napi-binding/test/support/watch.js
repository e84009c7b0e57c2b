'use strict';

/**
 * Programs that use the package, and bpftrace watching them.
 */

const assert = require('node:assert/strict');
const { before, test } = require('node:test');

const { attach } = require('./bpftrace.js');
const { directory, start } = require('./program.js');

/**
 * Starts a program, attaches as soon as it has told something, and lets `drive` do the rest. If bpftrace saw nothing at
 * all, everything is done once more.
 *
 * @template T
 * @param {() => import('./program.js').Program} begin
 * @param {(where: any, program: import('./program.js').Program) => Record<string, string>} programs what to do at each
 *   probe, see `attach`; `where` is what the program told
 * @param {(program: import('./program.js').Program, session: any) => Promise<T>} [drive]
 * @param {(program: import('./program.js').Program) => object} [options] those of `attach`
 * @returns {Promise<{ lines: string[], maps: Record<string, any>, driven: T }>}
 */
async function watch(begin, programs, drive = (program) => program.next(), options = () => ({})) {
    for (let attempt = 1; ; attempt += 1) {
        const program = begin();
        const session = await attach(programs(await program.told(), program), options(program));
        const { driven, output } = await whileWatched(session, async () => {
            const driven = await drive(program, session);
            return { driven, output: await session.finish() };
        });
        await program.ended();
        const nothing = output.lines.length === 0 && Object.keys(output.maps).length === 0;
        if (!nothing || attempt === 2) {
            assert.equal(output.lost, 0, output.stderr);
            return { ...output, driven };
        }
        process.emitWarning(`bpftrace saw nothing, trying once more\n${output.stderr}`);
    }
}

/** What `run` gives. If it fails, bpftrace ends with it. */
async function whileWatched(session, run) {
    try {
        return await run();
    } catch (error) {
        await session.kill();
        throw error;
    }
}

/**
 * The probe `provider:name` in all images of that provider that are in the directory, as bpftrace names it.
 * @param {string} images
 * @param {string} provider
 * @param {string} name
 */
function inImages(images, provider, name) {
    return `usdt:${images}/${provider}-*.so:${provider}:${name}`;
}

/**
 * Lines that begin with `nsecs`, in the order of that and without it: bpftrace has a buffer for each processor, and a
 * program may be moved from one to another.
 * @param {string[]} lines
 */
function inOrder(lines) {
    const split = lines.map((line) => /^(\d+) (.*)$/s.exec(line));
    return split.sort((a, b) => Number(BigInt(a[1]) - BigInt(b[1]))).map(([, , rest]) => rest);
}

/**
 * Tests that share one program and one bpftrace. Each has a provider of its own, whose name it is given.
 *
 * @typedef {object} Case
 * @property {(tools: object, provider: string) => () => unknown} program runs in the program; gives what fires once
 *   bpftrace has attached, and that gives what is to be told
 * @property {Record<string, [format: string, args: string]>} seen what `printf` gets at each probe, as a note spells it
 * @property {string[]} lines what bpftrace prints
 * @property {unknown} [told] what the program tells
 *
 * @param {Record<string, Case>} cases by the tests' names
 * @param {{ strlen?: number, flags?: string[], env?: Record<string, string> }} [options] `flags` and `env`: the program's
 */
function testTogether(cases, { flags, env, ...options } = {}) {
    const all = Object.values(cases);
    const images = directory();
    const main = `(tools) => {
        const fire = [${all.map(({ program }, i) => `(${program})(tools, 'case${i}')`)}];
        tools.step();
        return fire.map((fire) => fire() ?? null);
    }`;
    const programs = Object.fromEntries(all.flatMap(({ seen }, i) => Object.entries(seen).map(([name, [format, args]]) =>
        [inImages(images, `case${i}`, name), `printf("%lu ${i} ${format}\\n", nsecs, ${args});`])));
    let outcome;
    before(async () => {
        outcome = await watch(() => start(main, { images, flags, env }), () => programs, undefined, () => options);
        outcome.lines = inOrder(outcome.lines);
    });
    Object.entries(cases).forEach(([name, { lines, told = null }], i) => {
        test(name, () => {
            const mine = outcome.lines.filter((line) => line.startsWith(`${i} `)).map((line) => line.slice(`${i} `.length));
            assert.deepEqual(mine, lines);
            assert.deepEqual(outcome.driven[i], told);
        });
    });
}

module.exports = { watch, inImages, inOrder, testTogether };
