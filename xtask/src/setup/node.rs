//! What the npm package is built and tested with: Node and npm on this machine, the other Nodes, the linker, and what its
//! tests import.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{apt, fetch};
use testkit::{build, node};

/// The oldest Node that the package supports.
const OLDEST: u32 = 18;

/// The names of the musl Nodes, and the platforms of the wheels that they come in.
const MUSL: [(&str, &str); 2] =
    [(node::MUSL, "musllinux_1_2_x86_64"), (node::MUSL_ARM64, "musllinux_1_2_aarch64")];

/// Makes everything available, or says what is missing.
pub(crate) fn node() -> Result<()> {
    machines_own()?;
    others()?;
    let lists = lists();
    for (name, platform) in MUSL {
        let list = lists.join(format!("{name}.txt"));
        fetch::wheel(&format!("a Node for {name}"), &list, Some(platform), &node::directory().join(name))?;
    }
    let tests = build::workspace().join("napi-binding/test");
    fetch::npm("what the package's tests import", &tests, &tests)?;
    zig()?;
    println!("setup node: everything is here");
    Ok(())
}

/// The Nodes that tests run besides the machine's own, but for those of musl.
pub(crate) fn others() -> Result<()> {
    fetch::npm("other versions of Node", &lists(), &node::directory())
}

/// A linker for any libc, fetched if it isn't there.
pub(crate) fn zig() -> Result<PathBuf> {
    let directory = build::target_dir().join("zig");
    fetch::wheel("a linker for older systems", &lists().join("zig.txt"), None, &directory)?;
    Ok(directory.join("ziglang/zig"))
}

/// Installs what the `package-lock.json` in `directory` names, there.
pub(crate) fn packages(what: &str, directory: &Path) -> Result<()> {
    fetch::npm(what, directory, directory)
}

/// Where the lists of what to fetch are.
fn lists() -> PathBuf {
    build::workspace().join("xtask/node")
}

/// Makes sure of this machine's own Node and npm.
pub(crate) fn machines_own() -> Result<()> {
    let missing: Vec<&str> = [("node", "nodejs"), ("npm", "npm")]
        .iter()
        .filter(|(name, _)| !apt::on_path(name))
        .map(|&(_, package)| package)
        .collect();
    if !missing.is_empty() {
        let packages = missing.join(" ");
        ensure!(
            apt::usable(),
            "type this, then try again:\n\n    sudo sh -c 'apt-get update && apt-get install --yes {packages}'\n"
        );
        apt::install(&missing)?;
    }
    let version = version(Path::new("node"))?;
    let major = major(&version).with_context(|| format!("node calls itself {version:?}"))?;
    ensure!(major >= OLDEST, "this machine's node is {version}; the package needs {OLDEST} or later");
    Ok(())
}

/// What `program` says it is: `v20.11.1`.
pub(crate) fn version(program: &Path) -> Result<String> {
    let output = Command::new(program).arg("--version").output();
    let output = output.with_context(|| format!("cannot start {}", program.display()))?;
    ensure!(output.status.success(), "{} --version: {}", program.display(), output.status);
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert_eq!(major("v20.11.1"), Some(20));
        assert_eq!(major("20"), None);
        assert_eq!(major(""), None);
    }
}
