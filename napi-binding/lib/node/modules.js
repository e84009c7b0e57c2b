'use strict';

/** Modules that are loaded by `require` and `import()`. Node announces both from 22.4 on; before that, only `require` is seen. */

const Module = require('node:module');
const { listen } = require('./channels.js');
const { nameOf } = require('./failure.js');
const { idOf, nextId } = require('./ids.js');
const { replace } = require('./replace.js');

const probes = {
    moduleLoadStart: {
        doc: 'A module is asked for by `require` or `import()`, whether or not it has been loaded before. The id is that of '
            + 'module-load-done.',
        args: { id: 'u64', request: 'string', parent: 'string', how: 'string' },
    },
    moduleLoadDone: {
        doc: 'It is there, or `error` says why not. What it loads itself comes in between.',
        args: { id: 'u64', request: 'string', how: 'string', error: 'string' },
    },
};

const [major, minor] = process.versions.node.split('.').map(Number);
const ANNOUNCED = major > 22 || (major === 22 && minor >= 4);

/** @type {import('./watched.js').Part} */
const loads = {
    of: ['moduleLoadStart', 'moduleLoadDone'],
    start: (provider) => (ANNOUNCED ? announced(provider) : required(provider)),
};

/** What the channels say. One message goes through all channels of a call. */
function announced({ moduleLoadStart, moduleLoadDone }) {
    const start = (how) => (message) => moduleLoadStart.fire(() => [
        idOf(message), message.id ?? message.url, message.parentFilename ?? message.parentURL ?? '', how,
    ]);
    const done = (how) => (message) => moduleLoadDone.fire(() => [
        idOf(message), message.id ?? message.url, how, nameOf(message.error),
    ]);
    return listen({
        'tracing:module.require:start': start('require'),
        'tracing:module.require:end': done('require'),
        'tracing:module.import:start': start('import'),
        'tracing:module.import:asyncEnd': done('import'),
    });
}

/** The same of `require`, where there are no such channels. */
function required({ moduleLoadStart, moduleLoadDone }) {
    return replace(Module.prototype, 'require', (require) => function (request) {
        const id = nextId();
        moduleLoadStart.fire(() => [id, request, this?.filename ?? '', 'require']);
        let error;
        try {
            return Reflect.apply(require, this, [request]);
        } catch (thrown) {
            error = thrown;
            throw thrown;
        } finally {
            moduleLoadDone.fire(() => [id, request, 'require', nameOf(error)]);
        }
    });
}

module.exports = { probes, parts: [loads] };
