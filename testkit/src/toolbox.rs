//! The finished root with newer tools: its linker for this machine's compilers, and programs that run inside it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Where in the root the directory for `gcc -B` is.
pub const MOLD_DIR: &str = "opt/host-mold";

/// A `ld` for this machine's compilers that is the root's mold, run by the root's own dynamic loader.
///
/// It finds the root from its own place, so that the root may be moved.
pub const MOLD_SCRIPT: &str = r#"#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/../..
lib=$root/usr/lib/x86_64-linux-gnu
exec "$root/lib64/ld-linux-x86-64.so.2" --library-path "$lib" "$root/usr/bin/mold" "$@"
"#;

/// Enters the root: `sh -c ENTER enter ROOT COUNT SHARED… PROGRAM ARGUMENT…`, in a mount namespace of its own.
const ENTER: &str = r#"set -e
root=$1 count=$2; shift 2
for dir in proc sys dev; do mount --rbind /$dir "$root/$dir"; done
while [ "$count" -gt 0 ]; do
    mkdir -p "$root$1"; mount --rbind "$1" "$root$1"; shift; count=$((count - 1))
done
here=$PWD; [ -d "$root$here" ] || here=/
exec chroot "$root" env --chdir="$here" "$@"
"#;

/// A Debian root with tools newer than the machine's, or for another architecture.
#[derive(Debug, Clone)]
pub struct Toolbox {
    root: PathBuf,
}

/// An existing root to use in place of `target/sid`, so that several checkouts share one.
pub const ROOT_VARIABLE: &str = "USDT_PROBES_TOOLBOX";
/// The file in the root that is written last: without it the root is not finished.
pub const STAMP: &str = "toolbox.stamp";

/// Where the root is, or is to be made.
///
/// # Errors
///
/// If the variable [`ROOT_VARIABLE`] has no path in it.
pub fn root_dir() -> Result<PathBuf> {
    match std::env::var_os(ROOT_VARIABLE) {
        Some(dir) => std::path::absolute(&dir).with_context(|| format!("{ROOT_VARIABLE} is no path")),
        None => Ok(crate::build::workspace().join("target/sid")),
    }
}

impl Toolbox {
    /// The toolbox of this checkout.
    ///
    /// # Errors
    ///
    /// If it has not been made.
    pub fn find() -> Result<Self> {
        let root = root_dir()?;
        ensure!(
            root.join(STAMP).exists(),
            "no toolbox in {}: `cargo xtask setup toolbox` makes it",
            root.display()
        );
        Ok(Self { root })
    }

    /// The toolbox in `root`, which `cargo xtask setup toolbox` made.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The directory that the root is in.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A directory that makes this machine's gcc and clang link with the root's mold: `gcc -B DIR`, also with
    /// `-fuse-ld=mold`.
    #[must_use]
    pub fn mold(&self) -> PathBuf {
        self.root.join(MOLD_DIR)
    }

    /// `program` inside the root, with the machine's /proc, /sys and /dev, and with the `shared` directories under the
    /// same names as outside. The mounts are in a namespace of their own and end with the program.
    ///
    /// It runs in the current directory of the command if that is shared, otherwise in `/`; arguments and environment
    /// are added as to any [`Command`].
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>, shared: &[&Path]) -> Command {
        enter(&self.root, program, shared)
    }
}

/// What [`Toolbox::command`] promises, for a root that need not be finished.
pub fn enter(root: &Path, program: impl AsRef<OsStr>, shared: &[&Path]) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "--", "sh", "-c", ENTER, "enter"]);
    command.arg(root).arg(shared.len().to_string()).args(shared).arg(program);
    for (name, _) in std::env::vars_os() {
        if belongs_to_the_machine(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    command.env("HOME", "/root").env("LC_ALL", "C.UTF-8");
    command
}

/// Variables that lead programs inside to things that are only outside.
fn belongs_to_the_machine(name: &str) -> bool {
    let prefixes = ["CARGO", "RUST", "LD_", "LC_", "SSL_CERT", "XDG_"];
    prefixes.iter().any(|prefix| name.starts_with(prefix)) || ["TMPDIR", "LANG", "LANGUAGE"].contains(&name)
}
