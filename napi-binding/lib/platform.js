'use strict';

/**
 * Which package holds the native part for this process.
 */

const PACKAGES = new Set([
    'linux-x64-gnu',
    'linux-x64-musl',
    'linux-arm64-gnu',
    'linux-arm64-musl',
    'darwin-x64',
    'darwin-arm64',
    'freebsd-x64',
]);

/**
 * @param {string} platform as `process.platform` says
 * @param {string} arch as `process.arch` says
 * @param {() => boolean} isGlibc asked on Linux alone
 * @returns {string | null} the package's name, null where there is none
 */
function packageFor(platform, arch, isGlibc) {
    const target = `${platform}-${arch}${platform === 'linux' ? (isGlibc() ? '-gnu' : '-musl') : ''}`;
    return PACKAGES.has(target) ? `@usdt-probes/${target}` : null;
}

/** Whether this process runs on glibc. Nothing is started for it: Node's own report says so. */
function isGlibc() {
    const { report } = process;
    const { excludeNetwork } = report;
    report.excludeNetwork = true; // otherwise the report looks up the names of open connections' peers
    try {
        return Boolean(report.getReport().header.glibcVersionRuntime);
    } finally {
        report.excludeNetwork = excludeNetwork;
    }
}

/** @returns {string | null} */
function platformPackage() {
    return packageFor(process.platform, process.arch, isGlibc);
}

module.exports = { packageFor, platformPackage };
