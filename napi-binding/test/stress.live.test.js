'use strict';

/** Many providers: what they cost while they are there, and that nothing is left of those that have gone. */

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { test } = require('node:test');

const { directory, start } = require('./support/program.js');
const { inImages, inOrder, watch } = require('./support/watch.js');

const KIB = 1024;

/** What the process holds, after all that can be collected has been: `thorough` takes longer. */
const HELD = `
async function held(thorough = true) {
    const fs = require('node:fs');
    for (let i = 0; i < (thorough ? 10 : 2); i += 1) {
        gc();
        // A finalizer runs in a turn of its own.
        await new Promise(setImmediate);
    }
    const maps = fs.readFileSync('/proc/self/maps', 'utf8').split('\\n');
    return {
        descriptors: fs.readdirSync('/proc/self/fd').length,
        mappings: maps.filter((line) => line.includes(process.env.USDT_PROBES_DIR)).length,
        resident: process.memoryUsage.rss(),
    };
}`;

/** Compares what was held before and after so many times of something, each of which may cost so many bytes of memory. */
function compare({ before, after }, times, bytes) {
    assert.deepEqual([after.descriptors, after.mappings], [before.descriptors, before.mappings]);
    const growth = (after.resident - before.resident) / times;
    assert.ok(growth < bytes, `${growth} bytes each`);
}

/** A program of its own, whose source may say `await held()`. */
function startHeld(main, options) {
    const withHeld = `(tools, data) => { ${HELD} return (${main})({ ...tools, held }, data); }`;
    return start(withHeld, { flags: ['--expose-gc'], ...options });
}

async function enableAndDisable({ createDTraceProvider, defineProvider, held }, times) {
    const app = createDTraceProvider('app');
    const probe = app.addProbe('p', 'int', 'char *');
    app.addProbe('p', 'int');
    const orders = defineProvider('orders', { p: { n: 'u64' } });
    const rounds = async (count) => {
        for (let i = 0; i < count; i += 1) {
            app.enable();
            orders.enable();
            probe.fire(() => [i, 'never']);
            orders.p(i);
            app.disable();
            orders.disable();
        }
        return held();
    };
    return { before: await rounds(times / 2), after: await rounds(times) };
}

test('100,000 times enable and disable', async () => {
    const times = 100_000;
    const program = startHeld(enableAndDisable, { images: directory(), data: times });
    const measured = await program.told();
    await program.ended();
    // Three images, of two mappings each.
    assert.equal(measured.before.mappings, 6);
    compare(measured, times, 80);
});

/** Memory where it may hold code: ext4 takes long to make a file soon after another was removed. */
function baseOfMany() {
    const options = readFileSync('/proc/self/mounts', 'utf8').split('\n').map((line) => line.split(' '))
        .find(([, where]) => where === '/dev/shm')?.[3].split(',');
    return options === undefined || options.includes('noexec') ? undefined : '/dev/shm';
}

async function shortLived({ createDTraceProvider, defineProvider, held }, times) {
    const { strict: assert } = require('node:assert');
    let most = 0;
    const one = (i) => {
        if (i % 2) {
            const provider = createDTraceProvider(`short${i}`);
            const probe = provider.addProbe('p', 'int', 'char *');
            provider.enable();
            probe.fire(() => [1, 'never']);
            assert.equal(provider.status.kind, 'visible');
        } else {
            const provider = defineProvider(`short${i}`, { p: { n: 'u64', text: 'string' }, q: {} });
            provider.p(1, 'never');
            assert.equal(provider.status.kind, 'visible');
        }
    };
    const rounds = async (from, to) => {
        for (let i = from; i < to; i += 1) {
            one(i);
            if (i % 200 === 199) {
                most = Math.max(most, (await held(false)).mappings);
            }
        }
        return held();
    };
    const before = await rounds(0, times / 8);
    const after = await rounds(times / 8, times);
    const files = require('node:fs').readdirSync(process.env.USDT_PROBES_DIR).length;
    return { before, after, most, files };
}

test('40,000 providers that are dropped, each of another name', async () => {
    const times = 40_000;
    const program = startHeld(shortLived, { images: directory(baseOfMany()), data: times });
    const measured = await program.told();
    await program.ended();
    assert.equal(measured.before.mappings, 0);
    // The last ones may still be reachable from somewhere while they are counted.
    assert.ok(measured.most < 50, `${measured.most} mappings`);
    // Images that nobody uses are kept for tracers, not all of them.
    assert.ok(measured.files < 1_000, `${measured.files} files`);
    compare(measured, times, KIB);
});

async function manyAtOnce({ defineProvider, held, step }, { providers, watched }) {
    let all = [];
    const define = (i) => {
        const name = i < watched ? `watched${i}` : `live${i}`;
        return defineProvider(name, { p: { n: 'u64', text: 'string' } });
    };
    defineProvider('first', { p: {} });
    const before = await held();
    all = Array.from({ length: providers }, (_, i) => define(i));
    const during = await held();
    step();
    all.forEach((provider, i) => provider.p(i, `text ${i}`));
    const enabled = all.filter(({ p }) => p.enabled).length;
    step(enabled);
    all = [];
    return { before, during, after: await held() };
}

test('500 providers at once, and a tracer at 40 of them', async () => {
    const [providers, watched] = [500, 40];
    const images = directory();
    const { lines, driven } = await watch(
        () => startHeld(manyAtOnce, { images, data: { providers, watched } }),
        () => ({ [`usdt:${images}/watched*.so:watched*:p`]: 'printf("%lu %d %s\\n", nsecs, arg0, str(arg1));' }),
        async (program, session) => {
            const enabled = await program.next();
            await session.finish();
            return { enabled, held: await program.next() };
        },
    );
    assert.deepEqual(inOrder(lines), Array.from({ length: watched }, (_, i) => `${i} text ${i}`));
    assert.equal(driven.enabled, watched);
    const { before, during, after } = driven.held;
    assert.equal(during.mappings - before.mappings, 2 * providers);
    assert.equal(during.descriptors - before.descriptors, providers);
    const each = (during.resident - before.resident) / providers;
    assert.ok(each < 48 * KIB, `${each} bytes each`);
    compare({ before, after }, 1, 32 * KIB * KIB);
});

function large({ defineProvider, createDTraceProvider, step }, count) {
    const name = (i) => `probe-${i}`;
    const numbers = Array.from({ length: count }, (_, i) => i);
    const large = defineProvider('large', Object.fromEntries(numbers.map((i) => [name(i), { n: 'u64' }])));
    const app = createDTraceProvider('app');
    const probes = numbers.map((i) => app.addProbe(name(i), 'int', 'char *'));
    app.enable();
    step();
    numbers.forEach((i) => {
        large[name(i)](i);
        probes[i].fire(() => [i, `text ${i}`]);
    });
    return [numbers.filter((i) => large[name(i)].enabled), probes.length];
}

test('a provider of 1,000 probes, and a tracer at some of them', async () => {
    const count = 1_000;
    const some = [0, 1, 499, 998, 999];
    const images = directory();
    const listed = (provider) => execFileSync('bpftrace', ['-l', inImages(images, provider, '*')], { encoding: 'utf8' })
        .trim().split('\n').map((line) => line.split(':').at(-1)).sort();
    const spelled = Array.from({ length: count }, (_, i) => `probe__${i}`).sort();
    const { lines, driven } = await watch(() => start(large, { images, data: count }), () => {
        assert.deepEqual(listed('large'), spelled);
        assert.deepEqual(listed('app'), spelled);
        return Object.fromEntries(some.flatMap((i) => [
            [inImages(images, 'large', `probe__${i}`), `printf("%lu ${i} %d\\n", nsecs, arg0);`],
            [inImages(images, 'app', `probe__${i}`), `printf("%lu ${i} %d %s\\n", nsecs, arg0, str(arg1));`],
        ]));
    });
    assert.deepEqual(inOrder(lines), some.flatMap((i) => [`${i} ${i}`, `${i} ${i} text ${i}`]));
    assert.deepEqual(driven, [some, count]);
});
