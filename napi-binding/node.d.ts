/**
 * Loading this defines the provider `node`, whose probes say what Node itself does: requests, connections, collections of
 * garbage, look-ups, child processes and so on.
 */

import type { Status } from './index.js';

/** What tracers can see of the provider `node`. */
export declare const status: Status;
