/**
 * The same for `import`. There is one state, whichever way a program takes in.
 */

import usdtProbes from './index.js';

export const {
    DTraceProvider, createDTraceProvider, defineProvider, recorder, watchdog, backend, loadError,
} = usdtProbes;
export default usdtProbes;
