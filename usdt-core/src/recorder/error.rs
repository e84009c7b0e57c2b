//! Why nothing is recorded.

use std::fmt;
use std::io;

/// Why nothing is recorded.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There is no recorder in this build: its target has none, or it was built with `--cfg usdt_probes_off`.
    Unsupported,
    /// It runs already.
    AlreadyStarted,
    /// The options ask for more than there can be.
    TooLarge,
    /// The system has refused the memory.
    Memory(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unsupported => f.write_str(
                "this build has no recorder: Linux on x86_64 and aarch64 has one, without `--cfg usdt_probes_off`",
            ),
            Error::AlreadyStarted => f.write_str("the recorder runs already"),
            Error::TooLarge => f.write_str("so many firings don't fit into memory: ask for fewer, or smaller ones"),
            Error::Memory(error) => write!(f, "no memory for the recorder: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Memory(error) => Some(error),
            _ => None,
        }
    }
}
