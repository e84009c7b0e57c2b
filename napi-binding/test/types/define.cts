// The same package for `require`.
import usdtProbes = require('usdt-probes');

const orders = usdtProbes.defineProvider('orders', { requestStart: { id: 'u64', path: 'string' } });
orders.requestStart(1, '/');
// @ts-expect-error the first argument is a number
orders.requestStart('/', 1);
