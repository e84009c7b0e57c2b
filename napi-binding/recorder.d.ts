/**
 * Loading this starts the recorder, with what `USDT_PROBES_RECORDER_FIRINGS`, `USDT_PROBES_RECORDER_TEXT` and
 * `USDT_PROBES_RECORDER_PROVIDERS` (names with commas between them) say.
 */

import type { RecorderStatus } from './index.js';

/** What came of it. */
export declare const status: RecorderStatus;
