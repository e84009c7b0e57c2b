//! What a recorder asks of a probe.

use std::sync::atomic::AtomicU64;

use crate::model::ArgType;

/// A probe whose firings can be recorded.
#[doc(hidden)]
pub trait Recorded {
    /// Its place in the table of the running recorder.
    fn id(&self) -> &Id;
    /// The provider's name.
    fn provider(&self) -> &str;
    /// The probe's name; `-` and `__` are the same.
    fn probe(&self) -> &str;
    /// The type of an argument; `None` past the last.
    fn ty(&self, index: usize) -> Option<ArgType>;
    /// The name of an argument that there is.
    fn name(&self, index: usize) -> &str;
}

/// Which recorder knows the probe, and by what id: 0 until the first firing.
#[doc(hidden)]
#[derive(Debug)]
pub struct Id(#[allow(dead_code)] pub(super) AtomicU64);

impl Id {
    /// Nobody knows the probe.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Id {
        Id(AtomicU64::new(0))
    }
}
