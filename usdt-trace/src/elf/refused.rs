//! Why a file is not read.

use std::fmt;

/// Why the probes of a file are not read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// It is no ELF file at all.
    NotElf,
    /// It is an ELF file of a kind whose probes are not known.
    Unsupported(&'static str),
    /// It says something about itself that can't be.
    Malformed(String),
}

impl Refused {
    pub(crate) fn malformed(problem: &'static str) -> Refused {
        Refused::Malformed(problem.to_owned())
    }
}

impl From<object::read::Error> for Refused {
    fn from(error: object::read::Error) -> Refused {
        Refused::Malformed(error.to_string())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::NotElf => f.write_str("not an ELF file"),
            Refused::Unsupported(what) => {
                write!(f, "{what}; probes are read from 64-bit files of x86_64 and aarch64")
            }
            Refused::Malformed(problem) => f.write_str(problem),
        }
    }
}

impl std::error::Error for Refused {}
