'use strict';

// TypeScript accepts what is right and refuses what is wrong: test/types/define.mts says which is which.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { install } = require('./support/installed.js');

test('the types', (t) => {
    const tsc = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin/tsc');
    const { directory } = install(t);
    fs.cpSync(path.join(__dirname, 'types'), directory, { recursive: true });
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', directory], { cwd: directory, encoding: 'utf8' });
    assert.strictEqual(stdout, '');
    assert.strictEqual(status, 0);
});
