//! The package manager of Debian and Ubuntu, and how this machine reaches its mirror.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::step;

/// Where Debian's packages come from if the machine's own sources name no Debian mirror.
const DEFAULT_MIRROR: &str = "http://deb.debian.org/debian";

/// True where packages can be installed without asking anybody: root, with `apt-get`.
pub(crate) fn usable() -> bool {
    rustix::process::geteuid().is_root() && on_path("apt-get")
}

/// True if `program` is found in `PATH` or where the system's own programs are.
pub(crate) fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(Into::into);
    std::env::split_paths(&path).chain(system).any(|dir| dir.join(program).is_file())
}

/// True on Ubuntu and its children, whose `perf` has another package name.
pub(crate) fn is_ubuntu() -> bool {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    release.lines().any(|line| line.starts_with("ID") && line.contains("ubuntu"))
}

/// Updates the lists once and installs `packages`.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    step::run("apt-get update", apt_get(Command::new("apt-get")).arg("update"))?;
    step::run(
        &format!("apt-get install {}", packages.join(" ")),
        apt_get(Command::new("apt-get")).args(["install", "--no-install-recommends"]).args(packages),
    )?;
    Ok(())
}

/// `command` (an `apt-get`) made to ask nothing, and to take a mirror whose index is past its date: a frozen copy
/// of a suite is such a mirror, and its signatures are still checked.
pub(crate) fn apt_get(mut command: Command) -> Command {
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command.args(["--yes", "--quiet", "-o", "Acquire::Check-Valid-Until=false", "-o", "Acquire::Retries=3"]);
    command
}

/// The Debian mirror of this machine.
pub(crate) fn mirror() -> String {
    let mut texts = vec![std::fs::read_to_string("/etc/apt/sources.list").unwrap_or_default()];
    let listed = std::fs::read_dir(Path::new("/etc/apt/sources.list.d")).into_iter().flatten().flatten();
    let mut files: Vec<_> = listed.map(|entry| entry.path()).collect();
    files.sort();
    texts.extend(files.into_iter().filter_map(|file| std::fs::read_to_string(file).ok()));
    texts.iter().find_map(|text| debian_uri(text)).unwrap_or_else(|| DEFAULT_MIRROR.to_owned())
}

/// The first Debian archive in a list of sources of either format (`deb URI …`, `URIs: URI …`).
fn debian_uri(sources: &str) -> Option<String> {
    let active =
        sources.lines().map(str::trim).filter(|line| line.starts_with("deb ") || line.starts_with("URIs:"));
    let mut uris = active.flat_map(str::split_whitespace).filter(|word| word.starts_with("http"));
    uris.find(|uri| uri.trim_end_matches('/').ends_with("/debian"))
        .map(|uri| uri.trim_end_matches('/').to_owned())
}

/// The lines of this machine's `apt` configuration that say through which proxy it goes.
pub(crate) fn proxy_settings() -> String {
    let dump =
        Command::new("apt-config").arg("dump").output().map(|output| output.stdout).unwrap_or_default();
    proxy_lines(&String::from_utf8_lossy(&dump))
}

fn proxy_lines(dump: &str) -> String {
    let is_proxy =
        |line: &&str| line.starts_with("Acquire::") && line.to_ascii_lowercase().contains("::proxy");
    dump.lines().filter(is_proxy).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_read_from_either_format() {
        let table = [
            ("deb http://mirror.example/debian/ bookworm main", Some("http://mirror.example/debian")),
            (
                "deb [signed-by=/k.gpg arch=amd64] https://m.example/debian sid main",
                Some("https://m.example/debian"),
            ),
            ("Types: deb\nURIs: http://m.example/debian\nSuites: trixie", Some("http://m.example/debian")),
            ("# deb http://m.example/debian sid main", None),
            ("deb http://m.example/debian-security bookworm-security main", None),
            ("deb http://archive.example/ubuntu noble main", None),
            ("deb-src http://m.example/debian sid main", None),
        ];
        for (sources, uri) in table {
            assert_eq!(debian_uri(sources).as_deref(), uri, "{sources}");
        }
    }

    #[test]
    fn only_the_proxy_is_taken_over() {
        let dump = "APT::Architecture \"amd64\";\nAcquire::http::Proxy \"http://p.example:3128\";\nAcquire::Retries \"3\";\n";
        assert_eq!(proxy_lines(dump), "Acquire::http::Proxy \"http://p.example:3128\";\n");
    }
}
