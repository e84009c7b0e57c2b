'use strict';

/** Timers that run late, and those that don't. */

const assert = require('node:assert');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { promisify } = require('node:util');

const { watching } = require('./support/preloaded.js');

const originals = [setTimeout, setInterval];

/** Keeps the thread busy for so many ms. */
function block(ms) {
    const end = Date.now() + ms;
    while (Date.now() < end);
}

test('a timer that another piece of code delays', async () => {
    const args = [];
    const [firings] = await watching(['timer-late'], async () => {
        setTimeout(function mine(...rest) {
            args.push(this.constructor.name, ...rest);
        }, 5, 'a', 'b');
        block(300);
        await sleep(20);
    });
    assert.deepStrictEqual(args, ['Timeout', 'a', 'b']);
    const [{ late, delay, callback }] = firings.filter(({ callback }) => callback === 'mine');
    assert.deepStrictEqual({ delay, callback }, { delay: 5, callback: 'mine' });
    assert.ok(late > 280e6 && late < 3e9, String(late));
});

test('a timer that is set anew, and an interval, are due later', async () => {
    process.env.USDT_PROBES_NODE_TIMER_LATE_MS = '150';
    const [firings] = await watching(['timer-late'], async () => {
        const timeout = setTimeout(function anew() {}, 200);
        let runs = 0;
        const interval = setInterval(function again() { runs += 1; }, 40);
        for (let i = 0; i < 4; i += 1) {
            await sleep(100);
            timeout.refresh();
        }
        await sleep(300);
        clearInterval(interval);
        assert.ok(runs > 5);
    });
    assert.deepStrictEqual(firings, []);
});

test('a program sees no difference', async () => {
    await watching(['timer-late'], async () => {
        assert.deepStrictEqual([setTimeout.name, setTimeout.length], [originals[0].name, originals[0].length]);
        assert.strictEqual(await promisify(setTimeout)(1, 'value'), 'value');
        assert.throws(() => setTimeout('no function'), { code: /ERR_INVALID/ });
        clearTimeout(setTimeout(() => assert.fail('it was cleared'), 1));
        await sleep(20);
    });
    assert.deepStrictEqual([setTimeout, setInterval], originals);
});
