'use strict';

// An LDAP server for the people of a company, as somebody wrote it years ago: there is nothing about probes in this
// source. ldapjs and bunyan have had theirs all the time; package.json says what brings them to life.

const { parseArgs } = require('node:util');
const bunyan = require('bunyan');
const ldap = require('ldapjs');

const { SUFFIX, people } = require('./lib/company');
const { Directory } = require('./lib/directory');
const { mount } = require('./lib/operations');

const USAGE = `\
usage: node server.js [--port N] [--host ADDRESS]

  --port N         where to listen; 1389 by default, 0 takes a free one
  --host ADDRESS   127.0.0.1 by default
`;

function main() {
    const { values } = parseArgs({
        options: {
            port: { type: 'string', default: '1389' },
            host: { type: 'string', default: '127.0.0.1' },
            help: { type: 'boolean', default: false },
        },
    });
    if (values.help) {
        process.stdout.write(USAGE);
        return;
    }
    // Errors only: a log of every request would cost more than the requests.
    const log = bunyan.createLogger({ name: 'ldap-server', level: 'error', stream: process.stderr });
    const server = ldap.createServer({ log });
    mount(server, new Directory(SUFFIX, people()));

    const connections = new Set();
    server.server.on('connection', (connection) => {
        connections.add(connection);
        connection.on('close', () => connections.delete(connection));
    });
    const stop = () => {
        server.close();
        for (const connection of connections) connection.destroy();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    server.on('error', (error) => {
        log.fatal(error);
        process.exit(1);
    });
    server.listen(Number(values.port), values.host, () => console.log(`listening on ${server.url}`));
}

main();
