//! Where nothing has to be registered.

use core::fmt;

/// Why probes are not registered. Here there is nothing to register, and so there is none of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {}

impl fmt::Display for Problem {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl core::error::Error for Problem {}

/// Does nothing.
///
/// # Errors
///
/// None.
pub const fn register() -> Result<(), Problem> {
    Ok(())
}
