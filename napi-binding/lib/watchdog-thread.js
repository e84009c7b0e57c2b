'use strict';

/**
 * The watchdog's thread: sees that the main thread's loop doesn't turn, asks V8's debugger where it is, and fires.
 *
 * The debugger is connected and enabled while the loop still turns, since connecting to a thread that is blocked waits for it.
 * It pauses the main thread only for a firing that somebody watches.
 */

const { Session } = require('node:inspector');
const { fileURLToPath } = require('node:url');
const { parentPort, workerData } = require('node:worker_threads');

const { defineProvider } = require('./define.js');

const { after, shared } = workerData;
const turns = new Int32Array(shared);

/** The most variables of a frame, and how long the text of one may be. */
const MAX_LOCALS = 16;
const MAX_TEXT = 80;
/** How long the main thread may take to pause, in ms: it can't while it is in native code. */
const PATIENCE = 1_000;
/** A block that goes on is told again after twice the time, at most after this, in ms. */
const LONGEST_WAIT = 60_000;

const node = defineProvider('node', {
    loopBlocked: {
        doc: 'The loop of the main thread has not turned for this long.',
        args: { ms: 'u64', top: 'string', locals: 'json', stack: 'string' },
    },
    loopUnblocked: { doc: 'The loop turns again; this long it did not.', args: { ms: 'u64' } },
});

const session = new Session();

/** The files of scripts by the debugger's ids: a frame has no more than the id. */
const files = new Map();

function parsed({ scriptId, url }) {
    if (url !== '') {
        files.set(scriptId, pathOf(url));
    }
}

function pathOf(url) {
    try {
        return url.startsWith('file:') ? fileURLToPath(url) : url;
    } catch {
        return url; // a program may call its scripts anything
    }
}

/** Without an inspector, or without `connectToMainThread`, nothing is known of the stack. */
function connect() {
    try {
        session.connectToMainThread();
    } catch {
        return;
    }
    // No `debugger` statement, nor anything else but `where`, stops the program.
    session.on('Debugger.paused', ({ params }) => paused(params.callFrames));
    session.on('Debugger.scriptParsed', ({ params }) => parsed(params));
    session.post('Debugger.enable', { maxScriptsCacheSize: 0 }, (error) => {
        session.post('Debugger.setSkipAllPauses', { skip: true }, () => {
            ready = error === null;
        });
    });
}

let ready = false;
/** Who waits for the frames. */
let answer = null;

function paused(frames) {
    const local = frames[0]?.scopeChain.find(({ type }) => type === 'local');
    const done = (locals) => {
        session.post('Debugger.resume');
        session.post('Debugger.setSkipAllPauses', { skip: true });
        answer?.({ frames, locals });
    };
    if (answer === null || local === undefined) {
        done({});
        return;
    }
    session.post('Runtime.getProperties', { objectId: local.object.objectId, ownProperties: true }, (error, reply) => {
        done(error ? {} : Object.fromEntries(reply.result.slice(0, MAX_LOCALS).map(({ name, value }) => [name, shown(value)])));
    });
}

/** A value of the debugger's as JSON may have it; objects by their kind alone. */
function shown(value) {
    const known = value?.value ?? value?.unserializableValue ?? value?.description ?? value?.type ?? 'unknown';
    return typeof known === 'number' || typeof known === 'boolean' ? known : String(known).slice(0, MAX_TEXT);
}

/** Where the main thread is; no frames if it can't be known. */
function where() {
    const nothing = { frames: [], locals: {} };
    if (!ready) {
        return Promise.resolve(nothing);
    }
    return new Promise((resolve) => {
        const late = setTimeout(() => answer?.(nothing), PATIENCE);
        answer = (found) => {
            answer = null;
            clearTimeout(late);
            resolve(found);
        };
        session.post('Debugger.setSkipAllPauses', { skip: false });
        session.post('Debugger.pause');
    });
}

function textOf({ functionName, location }) {
    const file = files.get(location.scriptId) ?? '';
    return `${functionName || '<anonymous>'} (${file}:${location.lineNumber + 1}:${location.columnNumber + 1})`;
}

async function tell(ms) {
    const { frames, locals } = await where();
    const name = frames[0] === undefined ? '' : frames[0].functionName || '<anonymous>';
    node.loopBlocked(ms, name, locals, frames.slice(0, 64).map(textOf).join('\n'));
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

connect();
setInterval(look, Math.max(1, after / 4));
parentPort.once('message', () => {
    session.disconnect();
    Atomics.store(turns, 1, 1);
    Atomics.notify(turns, 1);
});
