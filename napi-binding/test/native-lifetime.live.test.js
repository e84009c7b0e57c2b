'use strict';

/** How long what the native part makes lives: workers, workers that are terminated, and what the collector drops. */

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { once } = require('node:events');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');

const { attach, observe, usdt } = require('./support/bpftrace.js');
const { open } = require('./support/native.js');

/** A worker that has the native part and runs the code. */
function worker(code) {
  const support = JSON.stringify(path.join(__dirname, 'support/native.js'));
  return new Worker(`
    const { parentPort } = require('node:worker_threads');
    const { open } = require(${support});
    ${code}
  `, { eval: true });
}

/** Runs the code in a process of its own, with `gc`, and gives the JSON that it prints. */
function measured(code) {
  const support = JSON.stringify(path.join(__dirname, 'support/native.js'));
  const script = `
    const fs = require('node:fs');
    const { open } = require(${support});
    const collected = async () => {
      // A finalizer runs in a turn of its own after the collection.
      for (let i = 0; i < 5; i++) { gc(); await new Promise(setImmediate); }
    };
    const held = () => ({
      fds: fs.readdirSync('/proc/self/fd').length,
      maps: fs.readFileSync('/proc/self/maps', 'utf8').split('\\n').filter((line) => line.includes(process.env.USDT_PROBES_DIR)).length,
      rss: process.memoryUsage.rss(),
    });
    (async () => { ${code} })().then((result) => console.log(JSON.stringify(result)));
  `;
  const options = { encoding: 'utf8', maxBuffer: 1 << 20 };
  return JSON.parse(execFileSync(process.execPath, ['--expose-gc', '-e', script], options));
}

test('workers have probes of their own, which are those of the process', async () => {
  const { fire: [fire], status } = open('workers', { p: { n: 'u64', text: 'str' } });
  const { lines } = await observe({ [usdt(status.path, 'workers', 'p')]: 'printf("%d %s\\n", arg0, str(arg1));' }, async () => {
    fire(0, 'main');
    for (let i = 1; i <= 3; i++) {
      const one = worker(`
        const { fire: [fire], semaphores } = open('workers', { p: { n: 'u64', text: 'str' } });
        fire(${i}, 'worker ' + semaphores[0]);
      `);
      const [code] = await once(one, 'exit');
      assert.equal(code, 0);
    }
    fire(4, 'main');
  });
  assert.deepEqual(lines, ['0 main', '1 worker 1', '2 worker 1', '3 worker 1', '4 main']);
});

test('a worker may be terminated while it fires', { timeout: 120_000 }, async () => {
  const definition = { p: { n: 'u64', text: 'str', float: 'f64', bytes: 'bytes' } };
  const { fire: [fire], status } = open('terminated', definition);
  const count = '@[arg0] = count();';
  const session = await attach({ [usdt(status.path, 'terminated', 'p')]: count });
  for (let i = 0; i < 20; i++) {
    const one = worker(`
      const { fire: [fire] } = open('terminated', ${JSON.stringify(definition)});
      fire(1, 'started');
      parentPort.postMessage(null);
      for (;;) fire('2', 12345678901234567890n, '1.5', new Uint8Array(8));
    `);
    await once(one, 'message');
    await sleep(i % 4);
    await one.terminate();
  }
  fire(3, 'after');
  const { maps } = await session.finish();
  assert.equal(maps['@']['1'], 20);
  assert.ok(maps['@']['2'] > 0);
  assert.equal(maps['@']['3'], 1);
});

test('a worker may be terminated while it opens', async () => {
  for (let i = 0; i < 10; i++) {
    const one = worker(`
      parentPort.postMessage(null);
      for (let n = 0; ; n = (n + 1) % 8) open('opens' + n, { p: { n: 'u64' } });
    `);
    await once(one, 'message');
    await sleep(i % 4);
    await one.terminate();
  }
  assert.equal(open('opens0', { p: { n: 'u64' } }).status.kind, 'visible');
});

test('what a worker had mapped goes with it', async () => {
  const mapped = () => readFileSync('/proc/self/maps', 'utf8').includes('of_a_worker');
  const one = worker(`
    const opened = open('of_a_worker', { p: { n: 'u64' } });
    parentPort.on('message', () => opened.fire[0](process.exit()));
    parentPort.postMessage(null);
  `);
  await once(one, 'message');
  assert.ok(mapped());
  one.postMessage(null);
  await once(one, 'exit');
  assert.ok(!mapped());
});

test('the semaphores alone, and a function alone, keep the probes mapped', () => {
  const steps = measured(`
    const steps = [];
    const step = async () => { await collected(); steps.push(held().maps > 0); };
    let { semaphores, fire: [first, second] } = open('kept', { first: {}, second: { n: 'u64' } });
    await step();
    first = null;
    second = null;
    await step();
    steps.push(semaphores[1] === 0);
    semaphores = null;
    await step();
    ({ fire: [, second] } = open('kept', { first: {}, second: { n: 'u64' } }));
    await step();
    second(1);
    second = null;
    await step();
    return steps;
  `);
  assert.deepEqual(steps, [true, true, true, false, true, false]);
});

test('10,000 providers that are opened and dropped leave nothing', { timeout: 300_000 }, () => {
  const { before, after } = measured(`
    // Images stay in their directory for a while; a thousand different ones are enough.
    const one = (i) => {
      const { fire: [fire], semaphores } = open('dropped' + i % 1000, { p: { n: 'u64', text: 'str' }, q: {} });
      fire(semaphores[0], 'x');
    };
    const cycle = async (count) => {
      for (let i = 0; i < count; i++) {
        one(i);
        if (i % 100 === 99) await collected();
      }
      await collected();
      return held();
    };
    return { before: await cycle(2_000), after: await cycle(10_000) };
  `);
  assert.equal(before.maps, 0);
  assert.equal(after.maps, 0);
  assert.equal(after.fds, before.fds);
  // The engine's own heap takes a step of some MiB now and then; less than 1 KiB for each provider is left for a leak.
  const growth = (after.rss - before.rss) / 10_000;
  assert.ok(growth < 1_000, `${growth} bytes for each`);
});
