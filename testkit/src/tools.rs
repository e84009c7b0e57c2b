//! Whose tools are run: this machine's, or those of the toolbox.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::tool;
use crate::toolbox::Toolbox;

/// Where a driver finds its program.
#[derive(Debug, Clone, Default)]
pub enum Tools {
    /// On this machine.
    #[default]
    Machine,
    /// In the toolbox, which sees these directories of the machine, and its processes.
    Toolbox(Toolbox, Vec<PathBuf>),
}

impl Tools {
    /// Those of the toolbox, for subjects whose files are in `shared`, and for the drivers' temporary files.
    #[must_use]
    pub fn of(toolbox: &Toolbox, shared: &[&Path]) -> Self {
        let temporary = std::env::temp_dir();
        let shared = shared.iter().copied().chain([&*temporary]).map(Path::to_owned);
        Self::Toolbox(toolbox.clone(), shared.collect())
    }

    /// `program`, not yet started. The process that is started becomes the program, so a signal reaches it.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        match self {
            Self::Machine => Command::new(program),
            Self::Toolbox(toolbox, shared) => {
                toolbox.command(program, &shared.iter().map(PathBuf::as_path).collect::<Vec<_>>())
            }
        }
    }

    /// What a tool says of its version when it is started with `words`: the first number with a dot.
    ///
    /// # Errors
    ///
    /// If it can't start, fails or says no such number.
    pub fn version(&self, words: &[&str]) -> Result<String> {
        let (program, arguments) = words.split_first().context("a version is asked of a program")?;
        let said = tool::stdout_of(self.command(program).args(arguments))?;
        let words = said.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_ascii_digit()));
        let version = words.into_iter().find(|word| word.contains('.'));
        version.map(str::to_owned).with_context(|| format!("{program} says {said:?}"))
    }
}
