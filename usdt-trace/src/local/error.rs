//! Why a process could not watch itself.

use std::fmt;
use std::io;

use crate::find::FindError;

/// Why a process could not watch its own probes. Nothing is watched then, and nothing was changed.
#[derive(Debug)]
#[non_exhaustive]
pub enum AttachError {
    /// This system, or this processor, is none of those where a process can watch itself: Linux on x86_64 and aarch64.
    Unsupported,
    /// No probe of the process is called so.
    NoSuchProbe {
        /// What was asked for.
        pattern: String,
        /// The probes that there are, as `provider:name`, each once.
        there: Vec<String>,
        /// Mapped files that could not be read: what was asked for may be there.
        problems: Vec<FindError>,
    },
    /// The process could not be looked into.
    Find(FindError),
    /// Something of the system's that a tracer needs could not be had.
    System {
        /// What.
        what: &'static str,
        /// Why.
        error: io::Error,
    },
    /// What is at a site is no nop that this library knows, so it can't be replaced.
    NotANop {
        /// The probe.
        probe: String,
        /// Where the site is in the process.
        address: usize,
        /// What is there.
        found: Vec<u8>,
    },
    /// Somebody else has a breakpoint at a site: a debugger, or a tracer that watches through the kernel.
    Occupied {
        /// The probe.
        probe: String,
        /// Where the site is in the process.
        address: usize,
    },
    /// A site, or a semaphore, is not where the file's note says: nothing fit is mapped there.
    NotMapped {
        /// The probe.
        probe: String,
        /// Where it should be.
        address: usize,
        /// What is wrong with what is there.
        problem: &'static str,
    },
    /// The system doesn't let the process change its own code: neither through `/proc/self/mem` nor after `mprotect`.
    CodeIsProtected {
        /// The probe.
        probe: String,
        /// Where the site is in the process.
        address: usize,
        /// What became of the attempt through `/proc/self/mem`.
        memory_file: io::Error,
        /// What became of the attempt with `mprotect`.
        mprotect: io::Error,
    },
    /// This thread blocks `SIGTRAP`: the kernel would end the process at the first probe that it fires.
    SignalBlocked,
    /// The handler of `SIGTRAP` was replaced again and again, each time by one that this library has to call.
    TooManyHandlers,
    /// There are as many tracers in this process as there can be.
    TooManyTracers,
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use AttachError::*;
        match self {
            Unsupported => f.write_str("on this system a process can't watch itself"),
            NoSuchProbe { pattern, there, problems } => {
                let there = if there.is_empty() { "none at all".to_owned() } else { there.join(", ") };
                write!(f, "no probe {pattern} in this process: there are {there}")?;
                problems.iter().try_for_each(|problem| write!(f, "; {problem}"))
            }
            Find(_) => f.write_str("the probes of this process could not be found"),
            System { what, .. } => write!(f, "{what}"),
            NotANop { probe, address, found } => {
                write!(f, "{probe}: no nop at {address:#x} but {found:02x?}")
            }
            Occupied { probe, address } => {
                write!(f, "{probe}: another tracer or a debugger has a breakpoint at {address:#x}")
            }
            NotMapped { probe, address, problem } => write!(f, "{probe}: at {address:#x} {problem}"),
            CodeIsProtected { probe, address, memory_file, mprotect } => write!(
                f,
                "{probe}: the system lets nobody change the code at {address:#x} (/proc/self/mem: {memory_file}; mprotect: {mprotect})"
            ),
            SignalBlocked => f.write_str(
                "this thread blocks SIGTRAP, so the first probe that it fires would end the process",
            ),
            TooManyHandlers => f.write_str("the handler of SIGTRAP was replaced too often"),
            TooManyTracers => f.write_str("there are too many tracers in this process"),
        }
    }
}

impl std::error::Error for AttachError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            AttachError::Find(error) => Some(error),
            AttachError::System { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl From<FindError> for AttachError {
    fn from(error: FindError) -> AttachError {
        AttachError::Find(error)
    }
}
