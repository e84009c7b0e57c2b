'use strict';

/**
 * A copy of the package as users have it, without a native part that was built here, in a directory of its own.
 */

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.resolve(__dirname, '../..');

/** @param {import('node:test').TestContext} t removes the directory when it ends */
function install(t) {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'usdt-probes-test-'));
    t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
    const home = path.join(directory, 'node_modules/usdt-probes');
    const { files } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    for (const file of [...files, 'package.json']) {
        fs.cpSync(path.join(ROOT, file), path.join(home, file), { recursive: true });
    }
    return {
        directory,
        home,
        /** Writes a file below the directory. */
        write(file, text) {
            const full = path.join(directory, file);
            fs.mkdirSync(path.dirname(full), { recursive: true });
            fs.writeFileSync(full, text);
            return full;
        },
        /** Runs Node in the directory with this alone in the environment, and gives what happened. */
        run(args, env) {
            const options = { cwd: directory, env: { PATH: process.env.PATH, ...env }, encoding: 'utf8' };
            return spawnSync(process.execPath, args, options);
        },
        /** The same for what must succeed and say nothing but what it prints, which it gives. */
        output(args, env = {}) {
            const { status, stdout, stderr } = this.run(args, env);
            assert.strictEqual(stderr, '');
            assert.strictEqual(status, 0);
            return stdout;
        },
    };
}

module.exports = { install, FAKE: path.join(__dirname, 'fake-native.js') };
