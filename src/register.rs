//! Making probes known to the system, where that is needed.

use core::fmt;

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
            _ => None,
        }
    }
}

/// Makes the program's probes known to the system.
///
/// On Linux there is nothing to do, since tracers find probes in the program's file, and where there are no probes there
/// is nothing to make known. It may be called any number of times, from anywhere, and costs nothing.
///
/// # Errors
///
/// None on the platforms of this version.
pub fn register_probes() -> Result<(), Error> {
    Ok(())
}
