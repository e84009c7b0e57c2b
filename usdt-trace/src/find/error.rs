//! Why probes could not be found.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::elf::Refused;

/// Why probes could not be found.
#[derive(Debug)]
#[non_exhaustive]
pub enum FindError {
    /// A file, or a piece of /proc, could not be read.
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file is none whose probes can be read.
    Refused {
        /// Which.
        path: PathBuf,
        /// Why.
        refused: Refused,
    },
    /// There is no such process.
    NoProcess {
        /// Its id.
        pid: u32,
    },
    /// The process runs no program: it belongs to the kernel, or has ended and waits for its parent.
    NoProgram {
        /// Its id.
        pid: u32,
    },
}

impl fmt::Display for FindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FindError::Io { path, error } => write!(f, "{}: {error}", path.display()),
            FindError::Refused { path, refused } => write!(f, "{}: {refused}", path.display()),
            FindError::NoProcess { pid } => write!(f, "there is no process {pid}"),
            FindError::NoProgram { pid } => {
                write!(f, "process {pid} runs no program: it belongs to the kernel, or has ended")
            }
        }
    }
}

impl Error for FindError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // `Display` says it already: a chain would say it twice.
            FindError::Io { error, .. } => error.source(),
            _ => None,
        }
    }
}
