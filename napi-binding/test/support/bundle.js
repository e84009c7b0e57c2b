'use strict';

/**
 * The package and a program in one file, as bundlers make it: a startup snapshot is built from one file.
 */

const fs = require('node:fs');
const path = require('node:path');

const PACKAGE = path.resolve(__dirname, '../..');

/**
 * @param {string} main the program; in there `load('index.js')` is the package
 * @param {Record<string, string>} [more] what else it may `load`, and the files that hold it
 */
function bundle(main, more = {}) {
    const library = fs.readdirSync(path.join(PACKAGE, 'lib')).filter((file) => file.endsWith('.js'));
    const files = ['index.js', ...library.map((file) => `lib/${file}`)];
    const sources = { ...Object.fromEntries(files.map((file) => [file, path.join(PACKAGE, file)])), ...more };
    const modules = Object.entries(sources).map(([name, file]) => {
        const text = fs.readFileSync(file, 'utf8').replaceAll('../../lib/', './lib/');
        return `${JSON.stringify(name)}: function (module, exports, require) {${text}\n}`;
    });
    return `
const modules = { ${modules.join(',\n')} };
const cache = {};
const builtin = require;
function load(file) {
    if (!cache[file]) {
        const module = (cache[file] = { exports: {} });
        modules[file](module, module.exports, (id) => id.startsWith('node:') ? builtin(id)
            : load(id.startsWith('./lib/') ? id.slice(2) : 'lib/' + id.slice(2)));
    }
    return cache[file].exports;
}
${main}`;
}

module.exports = { bundle };
