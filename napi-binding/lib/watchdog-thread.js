'use strict';

/**
 * The watchdog's thread: sees that the main thread's loop doesn't turn, asks where it is, and fires.
 *
 * It stops the main thread only for a firing that somebody watches.
 */

const { parentPort, workerData } = require('node:worker_threads');

const { defineProvider } = require('./define.js');
const { giveUp, whereIsMainThread } = require('./watchdog-stack.js');

const { after, period, hasInspector, shared } = workerData;
const turns = new Int32Array(shared, 0, 1);
/** 1 while the main thread is being asked. */
const asking = new Int32Array(shared, 4, 1);

/** A block that goes on is told again after twice the time, at most after this, in ms. */
const LONGEST_WAIT = 10_000;

const node = defineProvider('node', {
    loopBlocked: {
        doc: 'The loop of the main thread has not turned for this long.',
        args: { ms: 'u64', top: 'string', locals: 'json', stack: 'string' },
    },
    loopUnblocked: { doc: 'The loop turns again; this long it did not.', args: { ms: 'u64' } },
});

async function tell(ms) {
    Atomics.store(asking, 0, 1);
    const { frames, locals } = hasInspector ? await whereIsMainThread() : { frames: [], locals: {} };
    Atomics.store(asking, 0, 0);
    Atomics.notify(asking, 0);
    const stack = frames.map(({ name, file, line, column }) => `${name} (${file}:${line}:${column})`);
    node.loopBlocked(ms, frames[0]?.name ?? '', locals, stack.join('\n'));
}

/** What is known of the block that lasts. */
let seen = turns[0];
let since = performance.now();
let wait = after;
let due = 0;
let watched = false;
let blocked = false;
let telling = false;

function look() {
    const now = performance.now();
    if (turns[0] !== seen) {
        if (blocked) {
            node.loopUnblocked(Math.round(now - since));
        }
        seen = turns[0];
        since = now;
        wait = after;
        due = 0;
        blocked = false;
        return;
    }
    const ms = now - since;
    if (ms < after) {
        return;
    }
    blocked = true;
    const { enabled } = node.loopBlocked;
    // Somebody who attaches late need not wait for the next time.
    if (enabled && !telling && (!watched || ms >= due)) {
        wait = Math.min(wait * 2, LONGEST_WAIT);
        due = ms + wait;
        telling = true;
        tell(Math.round(ms)).finally(() => {
            telling = false;
        });
    }
    watched = enabled;
}

setInterval(look, period);
parentPort.on('message', giveUp);
