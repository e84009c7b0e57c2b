// What TypeScript must accept, and what it must refuse. Compiled by test/types.test.js, never run.
import all, { createDTraceProvider, defineProvider, DTraceProvider, loadError, backend, recorder, watchdog } from 'usdt-probes';
import { status as recorded } from 'usdt-probes/recorder';

const orders = defineProvider('orders', {
    requestStart: { id: 'u64', path: 'string' },
    // The same names the other way round: the order is the definition's, not the names'.
    requestMoved: { path: 'string', id: 'u64' },
    requestDone: { name: 'done', doc: 'It is done.', args: { id: 'u64', ok: 'bool', reply: 'json', body: 'bytes' } },
    tick: {},
    argumentCalledArgs: { args: 'u8' },
    mixed: { z: 'bool', path: 'string', a: 'f64', id: 'i8', b: 'pointer', f: 'f32' },
    most: {
        a1: 'u8', a2: 'string', a3: 'bool', a4: 'u8', a5: 'string', a6: 'bool', a7: 'u8', a8: 'string',
        b1: 'u8', b2: 'string', b3: 'bool', b4: 'u8', b5: 'string', b6: 'bool', b7: 'u8', b8: 'string',
        c1: 'u8', c2: 'string', c3: 'bool', c4: 'u8', c5: 'string', c6: 'bool', c7: 'u8', c8: 'string',
        d1: 'u8', d2: 'string', d3: 'bool', d4: 'u8', d5: 'string', d6: 'bool', d7: 'u8', d8: 'string',
    },
});

orders.requestStart(1, '/');
orders.requestStart(1n, '/');
orders.requestMoved('/', 1);
orders.requestDone(1, true, { any: ['thing'] }, new Uint8Array(1));
orders.requestDone(1, true, undefined, 'text');
orders.tick();
orders.argumentCalledArgs(1);
orders.mixed(true, '/', 1.5, -1, 0n, 2);
orders.most(
    1, '', true, 1, '', true, 1, '', 1, '', true, 1, '', true, 1, '',
    1, '', true, 1, '', true, 1, '', 1, '', true, 1, '', true, 1, '',
);
const slow = defineProvider('slow', { query: { id: 'u64', stack: 'stack', text: 'string' }, here: { stack: 'stack' } });
slow.query(1, 'text');
slow.query.fire(() => [1, 'text']);
slow.here();
// @ts-expect-error the program passes nothing for the stack
slow.query(1, 'stack', 'text');
// @ts-expect-error the program passes nothing for the stack
slow.here('stack');
orders.requestStart.fire(() => [1, '/']);
orders.tick.fire(() => []);
const watched: boolean = orders.requestStart.enabled;

// @ts-expect-error the first argument is a number
orders.requestStart('/', 1);
// @ts-expect-error the first argument is a string
orders.requestMoved(1, '/');
// @ts-expect-error an argument is missing
orders.requestStart(1);
// @ts-expect-error an argument too many
orders.requestStart(1, '/', 2);
// @ts-expect-error no arguments
orders.tick(1);
// @ts-expect-error no bytes
orders.requestDone(1, true, {}, 7);
// @ts-expect-error no boolean
orders.mixed(1, '/', 1.5, -1, 0n, 2);
// @ts-expect-error no such probe
orders.requestStarted(1, '/');
// @ts-expect-error the values are in the wrong order
orders.requestStart.fire(() => ['/', 1]);
// @ts-expect-error a value is missing
orders.requestStart.fire(() => [1]);
// @ts-expect-error no function
orders.requestStart.fire([1, '/']);
// @ts-expect-error only tracers change it
orders.requestStart.enabled = true;
// @ts-expect-error no such type
defineProvider('orders', { requestStart: { id: 'u128' } });
// @ts-expect-error no such type
defineProvider('orders', { requestStart: { doc: 'x', args: { id: 'long' } } });
// @ts-expect-error the probes are missing
defineProvider('orders');

const more = orders.add({ stopped: { reason: 'string' } });
more.stopped('x');
more.requestStart(1, '/');
// @ts-expect-error no string
more.stopped(1);

if (orders.status.kind === 'visible') {
    const path: string = orders.status.path;
} else if (orders.status.kind !== 'registered') {
    const reason: string = orders.status.reason;
}
for (const { probe, args } of orders.leftOut) {
    const names: readonly string[] = args;
}

{
    using scoped = defineProvider('scoped', { tick: {} });
    scoped.tick();
}
async function scope() {
    await using scoped = defineProvider('scoped', { tick: {} });
    scoped.tick();
}

const recording = recorder.start({ firings: 100, text: 200, firingSize: 512, providers: ['orders', 'cache_*'] });
if (recording.kind === 'unavailable') {
    const reason: string = recording.reason;
}
const same: typeof recording = recorded;
const runs: boolean = recorder.isRunning();
recorder.start();
recorder.stop();
// @ts-expect-error there is no such option
recorder.start({ firing: 100 });
// @ts-expect-error names are in an array
recorder.start({ providers: 'orders' });
// @ts-expect-error only what is unavailable has a reason
recording.reason;

{
    using dog = watchdog({ after: 200 });
    if (dog.status.kind !== 'stack') {
        const reason: string = dog.status.reason;
    }
    // @ts-expect-error no string
    watchdog({ after: '200' });
}

const provider: DTraceProvider = createDTraceProvider('ldapjs', 'module');
const probe = provider.addProbe('search-start', 'int', 'char *', 'json');
const fired: true | undefined = probe.fire((id: number, name: string) => [id, name], 1, 'x');
provider.fire('search-start', function () { return [1]; });
provider.enable();
provider.disable();
provider.removeProbe(probe);
provider._nextId = () => 1;
const hidden: readonly { name: string; reason: string }[] = provider.status.hidden;
// @ts-expect-error the name is no string
createDTraceProvider(1);
// @ts-expect-error the callback is no function
probe.fire([1]);

const why: Error | null = loadError;
const which: 'linux' | 'dtrace' | 'none' = backend;
all.defineProvider('x', {});
