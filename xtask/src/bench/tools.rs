//! The commands behind the benchmarks, and where they work.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The root of the repository.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Where the programs that are measured are built.
pub(super) fn workshop() -> PathBuf {
    root().join("target/bench")
}

/// A `cargo` in `directory` that builds into `target`, free of what the `cargo` above us has put into the environment
/// and of the user's flags.
pub(super) fn cargo(directory: &Path, target: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(directory).env("CARGO_TARGET_DIR", target).env("CARGO_TERM_COLOR", "never");
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let ours = ["CARGO_PKG_", "CARGO_PROFILE_", "CARGO_BUILD_", "CARGO_MANIFEST_"];
        if ours.iter().any(|prefix| name.starts_with(prefix)) || name == "CARGO_INCREMENTAL" {
            command.env_remove(name);
        }
    }
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER"] {
        command.env_remove(name);
    }
    command
}

/// Runs `command` to its end: what it wrote to stdout and to stderr.
pub(super) fn finish(command: &mut Command) -> Result<(String, String)> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{command:?} failed:\n{stderr}");
    Ok((String::from_utf8_lossy(&output.stdout).into_owned(), stderr))
}

/// What a program with these arguments writes to stdout.
pub(super) fn stdout<I: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = I>) -> Result<String> {
    finish(Command::new(program).args(args)).map(|(stdout, _)| stdout)
}

/// Says what is being measured, which takes a while.
pub(super) fn progress(what: &str) {
    eprintln!("bench: {what}");
}
