'use strict';

/** Node's own announcements: `diagnostics_channel`. */

const { channel } = require('node:diagnostics_channel');

/**
 * Listens to channels. Those that this Node doesn't have stay silent.
 * @param {Record<string, (message: any) => void>} listeners by the channels' names; they must not throw
 * @returns {() => void} ends it
 */
function listen(listeners) {
    // Node forgets a channel that nobody holds, and its listeners with it.
    const channels = Object.entries(listeners).map(([name, listener]) => [channel(name), listener]);
    for (const [one, listener] of channels) {
        one.subscribe(listener);
    }
    return () => channels.forEach(([one, listener]) => one.unsubscribe(listener));
}

module.exports = { listen };
