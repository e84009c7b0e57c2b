//! Finds probes: in a file, in a running process, in all of them.
//!
//! `notes` makes probes of a file's notes, with `args` for what firings carry and `symbol` for operands that name one; `process`
//! looks at what a process has mapped. Only the pieces of a file that are needed are read, by system calls: a file that somebody
//! cuts off meanwhile is an error, where a mapping of it would be a signal.

mod args;
mod error;
mod inspect;
mod notes;
#[cfg(target_os = "linux")]
mod process;
mod symbol;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use crate::elf::Segment;
pub use error::FindError;
pub use inspect::{Inspected, inspect_bytes};
#[cfg(all(feature = "symbols", target_os = "linux"))]
pub(crate) use process::openable;

use crate::Probe;

/// Reads files and processes. A file that was read once, and hasn't changed, is not read again.
#[derive(Debug, Default)]
pub struct Finder {
    files: HashMap<inspect::Version, Arc<Inspected>>,
}

/// A running process, and the probes in the files that it has mapped.
#[derive(Debug)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its name, as `ps` shows it (`comm`).
    pub name: String,
    /// The program that it runs, as it is called in the process's own mount namespace.
    pub program: PathBuf,
    /// Its probes.
    pub probes: Vec<Loaded>,
    /// Mapped files that could not be read.
    pub problems: Vec<FindError>,
}

/// A probe in a process.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The probe.
    pub probe: Arc<Probe>,
    /// What its addresses are moved by in this process.
    pub bias: u64,
}

/// Who is told of a probe's firings in a process.
#[cfg(target_os = "linux")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    /// How many tracers watch it.
    pub tracers: u16,
    /// Whether the program's own recorder keeps them.
    pub is_recorded: bool,
}

impl Finder {
    /// A finder that has read nothing yet.
    pub fn new() -> Finder {
        Finder::default()
    }

    /// The probes of an ELF file.
    pub fn file(&mut self, path: &Path) -> Result<Vec<Arc<Probe>>, FindError> {
        Ok(self.inspect(path)?.probes.clone())
    }

    /// The probes of an ELF file, and what is wrong with it.
    pub fn inspect(&mut self, path: &Path) -> Result<Arc<Inspected>, FindError> {
        self.inspect_by(path, path)
    }

    /// The same for the file that people know as `path` and that this process opens as `open`.
    fn inspect_by(&mut self, path: &Path, open: &Path) -> Result<Arc<Inspected>, FindError> {
        let version = inspect::Version::of(path, open)?;
        let inspected = match self.files.get(&version) {
            Some(known) if known.is_called(path, open) => return Ok(Arc::clone(known)),
            Some(known) => known.renamed(path, open),
            None => inspect::inspect(path, open)?,
        };
        let inspected = Arc::new(inspected);
        self.files.insert(version, Arc::clone(&inspected));
        Ok(inspected)
    }

    /// The probes of a running process: of every file that it has mapped as code.
    #[cfg(target_os = "linux")]
    pub fn process(&mut self, pid: u32) -> Result<Process, FindError> {
        process::process(self, pid)
    }

    /// The processes of the machine that can be looked into, and their probes, in the order of their ids.
    #[cfg(target_os = "linux")]
    pub fn processes(&mut self) -> Result<Vec<Process>, FindError> {
        process::processes(self)
    }
}

impl Loaded {
    /// Who is told of its firings in this process: its semaphore. `None` if it has none or can't be read.
    #[cfg(target_os = "linux")]
    pub fn watched(&self, pid: u32) -> Option<Watched> {
        process::watched(self, pid)
    }

    /// How many tracers watch it in this process. `None` as for [`watched`](Self::watched).
    #[cfg(target_os = "linux")]
    pub fn watchers(&self, pid: u32) -> Option<u16> {
        self.watched(pid).map(|watched| watched.tracers)
    }
}
