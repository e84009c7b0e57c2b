//! What a static probe is to a recorder.

use super::{Id, Recorded};
use crate::model::{ArgType, MAX_OPERANDS};

/// A probe that was written into the program: one static a probe, which generated code makes.
#[doc(hidden)]
#[derive(Debug)]
pub struct StaticProbe {
    id: Id,
    provider: &'static str,
    probe: &'static str,
    names: &'static [&'static str],
    types: [u8; MAX_OPERANDS],
}

impl StaticProbe {
    /// Its provider, its name, the names of its arguments, and their types as numbers of the describing note.
    pub const fn new(
        provider: &'static str,
        probe: &'static str,
        names: &'static [&'static str],
        types: [u8; MAX_OPERANDS],
    ) -> Self {
        StaticProbe { id: Id::new(), provider, probe, names, types }
    }
}

impl Recorded for StaticProbe {
    fn id(&self) -> &Id {
        &self.id
    }

    fn provider(&self) -> &str {
        self.provider
    }

    fn probe(&self) -> &str {
        self.probe
    }

    fn ty(&self, index: usize) -> Option<ArgType> {
        ArgType::from_code(*self.types.get(index)?)
    }

    fn name(&self, index: usize) -> &str {
        self.names[index]
    }
}
