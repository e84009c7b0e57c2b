'use strict';

/** When the environment refuses something: nothing is thrown, the status says why, and firing is harmless. */

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { after, test } = require('node:test');

const { file } = require('./support/native.js');

const directory = mkdtempSync(path.join(tmpdir(), 'usdt-probes-refused-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** What a provider says in a process of its own, where `before` has happened. */
function opened({ before = '', env = {} } = {}) {
  const support = JSON.stringify(path.join(__dirname, 'support/native.js'));
  const script = `
    const { execFileSync } = require('node:child_process');
    const fs = require('node:fs');
    const { open } = require(${support});
    ${before}
    const { fire: [fire], semaphores, status, leftOut } = open('refused', { p: { n: 'u64', text: 'str' } });
    fire(1, 'x');
    console.log(JSON.stringify({ status, leftOut, semaphores: semaphores && [...semaphores] }));
  `;
  const options = { encoding: 'utf8', env: { ...process.env, ...env } };
  return JSON.parse(execFileSync(process.execPath, ['-e', script], options));
}

test('without a directory the image is in memory', () => {
  const { status, semaphores } = opened({ env: { USDT_PROBES_DIR: '/proc/nowhere' } });
  assert.equal(status.kind, 'memory');
  assert.match(status.reason, /\/proc\/nowhere.*USDT_PROBES_DIR/);
  assert.deepEqual(semaphores, [0]);
});

test('without a file descriptor there are no probes', () => {
  const { status, semaphores, leftOut } = opened({
    before: `
      // The first that is free is the last that the process may not have.
      const free = fs.openSync('/dev/null');
      fs.closeSync(free);
      execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=' + free]);
    `,
  });
  assert.equal(status.kind, 'unavailable');
  assert.match(status.reason, /Too many open files/);
  assert.equal(semaphores, null);
  assert.deepEqual(leftOut, [[]]);
});

test('where JavaScript may not see memory of others there are no probes', () => {
  // As Electron does it. The addon asks for a function of another name, which a library beside it has.
  const [asked, instead] = ['napi_create_external_arraybuffer', 'napi_forbid_external_arraybuffer'];
  const [addon, source, library] = ['addon.node', 'forbid.c', 'forbid.so'].map((name) => path.join(directory, name));
  const image = readFileSync(file);
  const name = image.indexOf(`${asked}\0`);
  assert.ok(name > 0);
  image.write(instead, name);
  writeFileSync(addon, image);
  writeFileSync(source, `int ${instead}(void) { return 22; /* napi_no_external_buffers_allowed */ }`);
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, source]);
  const { status, semaphores } = opened({ env: { LD_PRELOAD: library, USDT_PROBES_NATIVE: addon } });
  assert.equal(status.kind, 'unavailable');
  assert.match(status.reason, /memory/);
  assert.equal(semaphores, null);
});
