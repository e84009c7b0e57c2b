'use strict';

/**
 * What the main thread and the watchdog's thread tell each other where no message would arrive: one of them may be blocked.
 *
 * A debugger that is connected when the program exits is missed by Node. So the main thread sets `stopped` before it looks at
 * `asking`, and the thread sets `asking` before it looks at `stopped`: one of them sees the other.
 */

/**
 * @param {SharedArrayBuffer} [shared] what the other thread has made
 */
function share(shared = new SharedArrayBuffer(12)) {
    return {
        shared,
        /** Counts the turns of the main thread's loop. */
        turns: new Int32Array(shared, 0, 1),
        /** 1 while the thread asks the main thread where it is. */
        asking: new Int32Array(shared, 4, 1),
        /** 1 when the thread must not ask any more. */
        stopped: new Int32Array(shared, 8, 1),
    };
}

module.exports = { share };
