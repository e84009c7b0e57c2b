//! A program with the package as it is in the repository, and the native part as it is shipped.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;
use testkit::{build, node};

/// The directory of a program; it goes on drop.
#[derive(Debug)]
pub struct Application {
    directory: TempDir,
    script: String,
}

impl Application {
    /// A program of one script, which finds the package `usdt-probes`.
    ///
    /// # Errors
    ///
    /// If its files can't be written.
    pub fn new(script: &str, source: &str) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let modules = directory.path().join("node_modules");
        fs::create_dir(&modules)?;
        symlink(build::workspace().join("napi-binding"), modules.join("usdt-probes"))?;
        fs::write(directory.path().join(script), source)?;
        Ok(Self { directory, script: script.to_owned() })
    }

    /// Its directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Node, about to run it. Its images are in its own directory.
    ///
    /// # Errors
    ///
    /// If there is no native part.
    pub fn command(&self) -> Result<Command> {
        self.command_with(Path::new("node"))
    }

    /// The same with this Node.
    ///
    /// # Errors
    ///
    /// If there is no native part.
    pub fn command_with(&self, node: &Path) -> Result<Command> {
        let mut node = Command::new(node);
        node.arg(&self.script).current_dir(self.directory.path());
        node.env("USDT_PROBES_NATIVE", node::native()?)
            .env("USDT_PROBES_DIR", self.directory.path().join("images"));
        Ok(node)
    }
}
