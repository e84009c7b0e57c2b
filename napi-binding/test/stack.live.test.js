'use strict';

/** Stacks as bpftrace sees them. */

const { testTogether } = require('./support/watch.js');

/** Whether the stack begins with this frame, for bpftrace. */
function begins(frame) {
    return `strncmp(str(arg1), "${frame}", ${frame.length}) == 0`;
}

testTogether({
    'function, file and line of who fired': {
        program: ({ defineProvider }, name) => {
            const { slow } = defineProvider(name, { slow: { id: 'u64', stack: 'stack' } });
            const compiled = (at) => require('node:vm').compileFunction(
                `function routine() {\n    ${at}\n}\nroutine();`,
                ['slow'],
                { filename: '/app/routine.js' },
            );
            return () => ['slow(7);', 'slow.fire(() => [8]);'].forEach((at) => compiled(at)(slow));
        },
        seen: { slow: ['%d %d %d', `arg0, ${['5', '10'].map((column) => begins(`routine (/app/routine.js:2:${column})`))}`] },
        lines: ['7 1 0', '8 0 1'],
    },
});
