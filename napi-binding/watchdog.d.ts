/** Loading this starts the watchdog in the main thread. */

import type { WatchdogStatus } from './index.js';

/** What a firing can say. */
export declare const status: WatchdogStatus;
