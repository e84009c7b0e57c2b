//! The registry.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use testkit::node;
use testkit::subject::Subject;

/// The program that serves tarballs.
const SERVER: &str = include_str!("../fixtures/registry.js");

/// A running registry; it ends on drop.
#[derive(Debug)]
pub struct Registry {
    _server: Subject,
    url: String,
}

impl Registry {
    /// Serves these tarballs, and answers that there is no other package.
    ///
    /// # Errors
    ///
    /// If Node can't start or doesn't understand a tarball.
    pub fn of(tarballs: &[PathBuf]) -> Result<Self> {
        let mut server = Subject::spawn(Command::new("node").args(["-e", SERVER, "--"]).args(tarballs))?;
        let url = server.line()?;
        Ok(Self { _server: server, url })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// Every tarball that was made.
///
/// # Errors
///
/// If there is none.
pub fn packed() -> Result<Vec<PathBuf>> {
    let directory = node::tarballs();
    let hint = || format!("no packages in {}: `cargo xtask npm-pack` makes them", directory.display());
    let mut tarballs = Vec::new();
    for entry in fs::read_dir(&directory).with_context(hint)? {
        tarballs.push(entry?.path());
    }
    tarballs.retain(|path| path.extension().is_some_and(|end| end == "tgz"));
    ensure!(!tarballs.is_empty(), hint());
    tarballs.sort();
    Ok(tarballs)
}

/// A tarball in `directory` of a package with these files.
///
/// # Errors
///
/// If npm can't pack it.
pub fn package(directory: &Path, files: &[(&str, &str)]) -> Result<PathBuf> {
    let source = tempfile::tempdir()?;
    for (name, text) in files {
        fs::write(source.path().join(name), text)?;
    }
    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", "--pack-destination"]).arg(directory).current_dir(source.path());
    let output = npm.output().context("cannot start npm: `cargo xtask setup node` installs it")?;
    ensure!(output.status.success(), "npm pack: {}", String::from_utf8_lossy(&output.stderr));
    Ok(directory.join(String::from_utf8_lossy(&output.stdout).trim()))
}
