'use strict';

/** What the probes of collections say. */

const assert = require('node:assert');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const v8 = require('node:v8');
const vm = require('node:vm');

const { fired, watching } = require('./support/preloaded.js');

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');

test('a collection', async () => {
    const [starts, dones] = await watching(['gc-start', 'gc-done'], async () => {
        gc();
        await sleep(50);
    });
    const start = starts.find(({ kind }) => kind === 4);
    const done = dones.find(({ id }) => id === start.id);
    assert.strictEqual(done.kind, 4);
    assert.ok(done.duration > 0 && done.duration < 10e9, JSON.stringify(done));
    assert.ok(Math.abs(start.ago - done.ago - done.duration) <= 2, JSON.stringify([start, done]));
    assert.ok(start.ago < 10e9);
});

test('nobody watches', async () => {
    const before = fired('gc-done').length;
    gc();
    await sleep(50);
    assert.strictEqual(fired('gc-done').length, before);
});
