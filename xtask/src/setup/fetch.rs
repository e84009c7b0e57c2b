//! Fetching what a list with exact versions and checksums names, once: from npm by a lock file, from PyPI by requirements.
//!
//! The list is copied beside what it brought, last: a directory without a copy, or with another one, is filled again.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{apt, step};

/// Fills `directory/node_modules` with what the `package-lock.json` of `manifest` names.
pub(crate) fn npm(what: &str, manifest: &Path, directory: &Path) -> Result<()> {
    let read = |name: &str| {
        let path = manifest.join(name);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let (package, lock) = (read("package.json")?, read("package-lock.json")?);
    once(&directory.join("node_modules/.fetched"), &lock, || {
        fs::create_dir_all(directory)?;
        if manifest != directory {
            fs::write(directory.join("package.json"), &package)?;
            fs::write(directory.join("package-lock.json"), &lock)?;
        }
        let mut npm = Command::new("npm");
        // `--force`: some of the programs are for another processor than this machine's.
        npm.args(["ci", "--force", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"]);
        step::run(&format!("fetch {what}"), npm.current_dir(directory)).map(drop)
    })
}

/// Fills `directory` with the one wheel that the file `requirements` names; `platform` where it is not this machine's.
pub(crate) fn wheel(what: &str, requirements: &Path, platform: Option<&str>, directory: &Path) -> Result<()> {
    let wanted = fs::read_to_string(requirements).with_context(|| requirements.display().to_string())?;
    once(&directory.join(".fetched"), &wanted, || {
        if directory.exists() {
            fs::remove_dir_all(directory)?;
        }
        if !has_pip() {
            apt::install(&["python3-pip"])?;
        }
        let mut pip = pip();
        pip.args(["install", "--quiet", "--no-deps", "--only-binary", ":all:", "--no-compile"]);
        pip.args(["--disable-pip-version-check", "--root-user-action", "ignore", "--require-hashes"]);
        pip.arg("--requirement").arg(requirements).arg("--target").arg(directory);
        pip.args(platform.map(|name| ["--platform", name]).iter().flatten());
        step::run(&format!("fetch {what}"), &mut pip).map(drop)
    })
}

fn pip() -> Command {
    let mut command = Command::new("python3");
    command.args(["-m", "pip"]);
    command
}

fn has_pip() -> bool {
    pip().arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Does `work` unless the file `stamp` holds `text` already.
fn once(stamp: &Path, text: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    if fs::read_to_string(stamp).is_ok_and(|old| old == text) {
        return Ok(());
    }
    work()?;
    fs::write(stamp, text).with_context(|| stamp.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_fetched_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let stamp = directory.path().join(".fetched");
        let mut fetched = Vec::new();
        for list in ["a==1", "a==1", "a==2", "a==1"] {
            once(&stamp, list, || {
                fetched.push(list);
                Ok(())
            })
            .expect("nothing fails");
        }
        assert_eq!(fetched, ["a==1", "a==2", "a==1"]);
    }

    #[test]
    fn what_failed_is_tried_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let stamp = directory.path().join(".fetched");
        once(&stamp, "a==1", || anyhow::bail!("no network")).expect_err("it failed");
        let mut tried = false;
        once(&stamp, "a==1", || {
            tried = true;
            Ok(())
        })
        .expect("nothing fails");
        assert!(tried);
    }
}
