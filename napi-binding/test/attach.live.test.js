'use strict';

/** When and how a tracer attaches: before a program starts and after, by path and by process, to one and to several. */

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { observe, usdt } = require('./support/bpftrace.js');
const { directory, start } = require('./support/program.js');
const { inImages, watch } = require('./support/watch.js');

/** A program that fires its number at a probe of each API, and says what each gave. */
function both({ createDTraceProvider, defineProvider, step }, number) {
    const orders = defineProvider('orders', { tick: { n: 'u64' } });
    const app = createDTraceProvider('app');
    const probe = app.addProbe('tick', 'int');
    app.enable();
    const { status } = orders;
    const fire = () => {
        const fired = [orders.tick.enabled];
        orders.tick(number);
        fired.push(probe.fire((n) => [n], number) ?? null);
        return fired;
    };
    const before = fire();
    step({ status, before });
    return fire();
}

/** What is printed at both probes, and what it is for a program with this number. */
const programs = (images) => Object.fromEntries(['orders', 'app'].map((name) =>
    [inImages(images, name, 'tick'), `printf("${name} %d %d\\n", pid, arg0);`]));
const lines = (pid, number) => ['orders', 'app'].map((name) => `${name} ${pid} ${number}`);

test('before the program starts: the image is there since an earlier one', async () => {
    const images = directory();
    const earlier = start(both, { images });
    const { status, before } = await earlier.told();
    assert.equal(status.kind, 'visible');
    assert.deepEqual(before, [false, null]);
    await earlier.ended();
    const expected = [];
    const output = await observe(programs(images), async () => {
        expected.length = 0;
        for (const number of [7, 8]) {
            const program = start(both, { images, data: number });
            expected.push(...lines(program.pid, number), ...lines(program.pid, number));
            // It is watched from its first firing on.
            assert.deepEqual((await program.told()).before, [true, true]);
            assert.deepEqual(await program.next(), [true, true]);
            await program.ended();
        }
    });
    assert.deepEqual(output.lines.sort(), expected.sort());
});

test('after the program has started, by path; two programs, one attach', async () => {
    const images = directory();
    let expected;
    const outcome = await watch(() => start(both, { images, data: 1 }), () => programs(images), async (first) => {
        const second = start(both, { images, data: 2 });
        // The second starts while bpftrace watches already, the first one didn't.
        const { before } = await second.told();
        assert.deepEqual(before, [true, true]);
        const fired = [await first.next(), await second.next()];
        await second.ended();
        expected = [...lines(first.pid, 1), ...lines(second.pid, 2), ...lines(second.pid, 2)];
        return fired;
    });
    assert.deepEqual(outcome.lines.sort(), expected.sort());
    assert.deepEqual(outcome.driven, [[true, true], [true, true]]);
});

/** A program that says, each time it is asked, whether its probes are watched; it has fired them then. */
function asked({ createDTraceProvider, defineProvider, step }, rounds) {
    const orders = defineProvider('orders', { tick: { n: 'u64' } });
    const app = createDTraceProvider('app');
    const probe = app.addProbe('tick', 'int');
    app.enable();
    let called = 0;
    for (let i = 0; i < rounds; i += 1) {
        const { enabled } = orders.tick;
        orders.tick.fire(() => [(called += 1, i)]);
        const fired = probe.fire(() => [(called += 1, i)]);
        step({ enabled, fired: fired ?? null, called, path: orders.status.path });
    }
}

test('callbacks run only while somebody watches', async () => {
    const images = directory();
    const drive = async (program, session) => {
        const watched = await program.next();
        await session.finish();
        return [watched, await program.next()].map(({ enabled, fired, called }) => [enabled, fired, called]);
    };
    const { driven } = await watch(() => start(asked, { images, data: 3 }), () => programs(images), drive);
    assert.deepEqual(driven, [[true, true, 2], [false, null, 2]]);
});

/** Providers with three probes; a test watches the one in the middle. It says which callbacks ran. */
function three({ createDTraceProvider, defineProvider, step }) {
    const names = ['first', 'second', 'third'];
    const orders = defineProvider('orders', Object.fromEntries(names.map((name) => [name, { n: 'u64' }])));
    const app = createDTraceProvider('app');
    const probes = names.map((name) => app.addProbe(name, 'int'));
    app.enable();
    step();
    const ran = [];
    names.forEach((name, i) => {
        orders[name].fire(() => [(ran.push(`orders ${name}`), i)]);
        probes[i].fire(() => [(ran.push(`app ${name}`), i)]);
    });
    return ran;
}

test('one probe of several: the others are not watched', async () => {
    const images = directory();
    const second = Object.fromEntries(['orders', 'app'].map((name) =>
        [inImages(images, name, 'second'), `printf("${name} %d\\n", arg0);`]));
    const { lines, driven } = await watch(() => start(three, { images }), () => second);
    assert.deepEqual(lines.sort(), ['app 1', 'orders 1']);
    assert.deepEqual(driven, ['orders second', 'app second']);
});

test('by process: the others are not watched', async () => {
    const images = directory();
    const { driven, ...output } = await watch(
        () => start(both, { images, data: 1 }),
        ({ status }) => ({ [usdt(status.path, 'orders', 'tick')]: 'printf("%d\\n", arg0);' }),
        async (program) => {
            const other = start(both, { images, data: 2 });
            const { before } = await other.told();
            const fired = [before, await program.next()];
            await other.ended();
            return fired;
        },
        ({ pid }) => ({ pid }),
    );
    assert.deepEqual(output.lines, ['1']);
    assert.deepEqual(driven, [[false, null], [true, null]]);
});

test('by process without a path', async () => {
    const images = directory();
    const { lines } = await watch(
        () => start(both, { images, data: 5 }),
        () => ({ 'usdt:*:orders:tick': 'printf("%d\\n", arg0);' }),
        undefined,
        ({ pid }) => ({ pid }),
    );
    assert.deepEqual(lines, ['5']);
});

/** A program without a directory for images, with descriptors of the file in memory that has the provider's. */
function inMemory({ defineProvider, step }, number) {
    const fs = require('node:fs');
    const orders = defineProvider('orders', { tick: { n: 'u64' } });
    const fd = fs.readdirSync('/proc/self/fd').find((fd) => {
        try {
            return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith('/memfd:usdt-probes:orders');
        } catch {
            return false; // of the directory that is being read
        }
    });
    step({ status: orders.status, path: `/proc/${process.pid}/fd/${fd}` });
    orders.tick(number);
    return orders.tick.enabled;
}

test('an image in memory, by its file in /proc', async () => {
    let status;
    const outcome = await watch(
        () => start(inMemory, { images: '/proc/nowhere', data: 9 }),
        (where) => {
            ({ status } = where);
            return { [usdt(where.path, 'orders', 'tick')]: 'printf("%d\\n", arg0);' };
        },
    );
    assert.equal(status.kind, 'memory');
    assert.match(status.reason, /\/proc\/nowhere/);
    assert.deepEqual(outcome.lines, ['9']);
    assert.equal(outcome.driven, true);
});
