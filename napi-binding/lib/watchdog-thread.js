'use strict';

/**
 * The watchdog's thread: sees that the main thread's loop doesn't turn, asks where it is, and fires.
 *
 * It stops the main thread only for a firing that somebody watches.
 */

const { parentPort, workerData } = require('node:worker_threads');

const { defineProvider } = require('./define.js');
const { share } = require('./watchdog-shared.js');
const { NOWHERE, giveUp, whereIsMainThread } = require('./watchdog-stack.js');

const { after, period, hasInspector, shared } = workerData;
const { turns, asking, stopped } = share(shared);

/** A block that goes on is told again after twice the time, at most after this, in ms. */
const LONGEST_WAIT = 10_000;

const node = defineProvider('node', {
    loopBlocked: {
        doc: 'The loop of the main thread has not turned for this long.',
        args: { ms: 'u64', top: 'string', locals: 'json', stack: 'string' },
    },
    loopUnblocked: { doc: 'The loop turns again; this long it did not.', args: { ms: 'u64' } },
});

/** Where the main thread is, unless it can't be asked any more. */
async function where() {
    Atomics.store(asking, 0, 1);
    const mayAsk = hasInspector && Atomics.load(stopped, 0) === 0;
    const place = mayAsk ? await whereIsMainThread() : NOWHERE;
    Atomics.store(asking, 0, 0);
    Atomics.notify(asking, 0);
    return place;
}

async function tell(ms) {
    const { frames, locals } = await where();
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
