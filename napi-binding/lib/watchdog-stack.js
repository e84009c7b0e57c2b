'use strict';

/**
 * Where the main thread is, asked of V8's debugger from another thread.
 *
 * What a session asks is delivered by an interrupt of V8, so that a thread in an endless loop answers, too. The session is there
 * for one answer: an enabled debugger slows the program down, and even one that is merely connected is missed when it exits.
 */

const { fileURLToPath } = require('node:url');

/** The most frames; the most variables of one, and how long the text of a value may be. */
const MAX_FRAMES = 64;
const MAX_LOCALS = 16;
const MAX_TEXT = 80;
/** How long the main thread may take to pause, in ms: it can't while it is in native code. */
const PATIENCE = 1_000;

/**
 * @typedef {object} Place
 * @property {Array<{ name: string, file: string, line: number, column: number }>} frames the innermost first; none if they can't
 *   be known
 * @property {Record<string, unknown>} locals the arguments and variables of the innermost
 */

/** @type {Place} */
const NOWHERE = { frames: [], locals: {} };

/** One session, and what it has heard. */
class Question {
    #session;
    #answer;
    #late;
    /** The files of scripts by the debugger's ids: a frame has no more than the id. */
    #files = new Map();
    #enabled = false;
    #paused = false;
    #ended = false;

    /** @param {(place: Place) => void} answer called once */
    constructor(session, answer) {
        this.#session = session;
        this.#answer = answer;
    }

    ask() {
        this.#session.connectToMainThread();
        this.#session.on('Debugger.scriptParsed', ({ params }) => this.#parsed(params));
        this.#session.on('Debugger.paused', ({ params }) => this.#pausedAt(params));
        this.#late = setTimeout(() => this.end(), PATIENCE);
        // Both at once: a main thread that leaves native code then pauses in what called it, and not later.
        this.#session.post('Debugger.enable', { maxScriptsCacheSize: 0 }, () => {
            this.#enabled = true;
        });
        this.#session.post('Debugger.pause');
    }

    /** Lets go of the debugger: a main thread that this session alone has paused goes on. */
    end(place = NOWHERE) {
        if (!this.#ended) {
            this.#ended = true;
            clearTimeout(this.#late);
            this.#session.disconnect();
            this.#answer(place);
        }
    }

    #parsed({ scriptId, url }) {
        if (url !== '') {
            this.#files.set(scriptId, pathOf(url));
        }
    }

    async #pausedAt({ callFrames, hitBreakpoints = [] }) {
        if (this.#paused) {
            return;
        }
        this.#paused = true;
        // Otherwise somebody who debugs the program has stopped it, before or now, and decides when it goes on.
        const ours = this.#enabled && hitBreakpoints.length === 0;
        const frames = callFrames.slice(0, MAX_FRAMES).map((frame) => this.#frame(frame));
        const locals = await this.#locals(callFrames[0] ?? { scopeChain: [] });
        if (ours && !this.#ended) {
            this.#session.post('Debugger.resume');
        }
        this.end({ frames, locals });
    }

    #frame({ functionName, location: { scriptId, lineNumber, columnNumber } }) {
        const file = this.#files.get(scriptId) ?? '';
        return { name: functionName || '<anonymous>', file, line: lineNumber + 1, column: columnNumber + 1 };
    }

    /** The variables of a function and of the blocks that it is in. */
    async #locals({ scopeChain }) {
        const own = scopeChain.slice(0, scopeChain.findIndex(({ type }) => type === 'local') + 1);
        // The arguments first; a variable of a block hides one of the function.
        const scopes = await Promise.all(own.reverse().map(({ object }) => this.#properties(object)));
        return Object.fromEntries(scopes.flat().slice(0, MAX_LOCALS));
    }

    #properties({ objectId }) {
        return new Promise((resolve) => {
            this.#session.post('Runtime.getProperties', { objectId, ownProperties: true }, (error, reply) => {
                resolve(error === null ? reply.result.map(({ name, value }) => [name, shown(value)]) : []);
            });
        });
    }
}

function pathOf(url) {
    try {
        return url.startsWith('file:') ? fileURLToPath(url) : url;
    } catch {
        return url; // a program may call its scripts anything
    }
}

/** A value of the debugger's as JSON may have it; objects by their kind alone. */
function shown(value) {
    const known = value?.value ?? value?.unserializableValue ?? value?.description ?? value?.type ?? 'unknown';
    return typeof known === 'number' || typeof known === 'boolean' ? known : String(known).slice(0, MAX_TEXT);
}

/** @type {Question | null} */
let open = null;

/**
 * Where the main thread is.
 * @returns {Promise<Place>}
 */
function whereIsMainThread() {
    return new Promise((resolve) => {
        const { Session } = require('node:inspector');
        open = new Question(new Session(), (place) => {
            open = null;
            resolve(place);
        });
        open.ask();
    }).catch(() => NOWHERE);
}

/** Gives up a question that waits for its answer. */
function giveUp() {
    open?.end();
}

module.exports = { NOWHERE, giveUp, whereIsMainThread };
