//! Making probes known to the system, where that is needed.

use core::fmt;

pub use usdt_core::program::Problem as RegistrationProblem;

/// What can go wrong in this crate. Firing a probe never fails.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A D file could not be read, or the Rust file could not be written.
    #[cfg(feature = "std")]
    Io {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A D file has a mistake.
    #[cfg(feature = "std")]
    Parse {
        /// The file.
        path: std::path::PathBuf,
        /// Where and what.
        source: usdt_core::model::DFileError,
    },
    /// A build script's environment is missing: the variable has no value.
    Env(&'static str),
    /// The system doesn't know the probes, or not all of them. Firing them goes on to do nothing.
    Registration(RegistrationProblem),
    /// An option doesn't fit the D file, in words.
    #[cfg(feature = "std")]
    Option(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "std")]
            Error::Io { path, source } => write!(f, "{}: {source}", path.display()),
            #[cfg(feature = "std")]
            Error::Parse { path, source } => write!(f, "{}:{source}", path.display()),
            Error::Registration(problem) => problem.fmt(f),
            Error::Env(name) => write!(f, "the variable {name} is not set: call this from a build script"),
            #[cfg(feature = "std")]
            Error::Option(problem) => f.write_str(problem),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            #[cfg(feature = "std")]
            Error::Io { source, .. } => Some(source),
            #[cfg(feature = "std")]
            Error::Parse { source, .. } => Some(source),
            Error::Registration(problem) => Some(problem),
            _ => None,
        }
    }
}

/// Makes the probes of this program, or of this library, known to the system.
///
/// On Linux there is nothing to do, since tracers find probes in the program's file. On illumos, FreeBSD and macOS the kernel
/// has to be told where they are: a program calls this once, when it starts, or enables the feature `auto-register`. A
/// library that is loaded while the program runs (`crate-type = ["cdylib"]`) does so for its own probes; if it may be unloaded
/// again it needs the feature, which takes everything back then.
///
/// It may be called any number of times, from anywhere, and never panics. What is registered stays so, what was refused is
/// tried again.
///
/// # Errors
///
/// Where the system doesn't take the probes. The program runs on as it would without; the error says what to do about it.
pub fn register_probes() -> Result<(), Error> {
    usdt_core::program::register().map_err(Error::Registration)
}
