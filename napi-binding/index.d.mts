export * from './index.js';
export { usdtProbes as default };
import * as usdtProbes from './index.js';
