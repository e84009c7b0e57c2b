//! What is mapped in this process, as the kernel tells it.

use crate::local::AttachError;
use crate::maps::{Mapping, mappings};

/// Everything that is mapped now.
pub(super) struct Maps(Vec<Mapping>);

/// What a piece of memory is a mapping of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mapped {
    identity: (u64, u64),
    /// What of it is at address 0, so to speak: the same file mapped elsewhere has another one.
    origin: u64,
}

impl Maps {
    pub(super) fn read() -> Result<Maps, AttachError> {
        // By this path alone emulators know what is meant.
        let what = "/proc/self/maps";
        let maps = std::fs::read(what).map_err(|error| AttachError::System { what, error })?;
        Ok(Maps(mappings(&maps).collect()))
    }

    /// The mapping that an address is in.
    pub(super) fn at(&self, address: usize) -> Option<&Mapping> {
        self.0.iter().find(|map| (map.start..map.end).contains(&(address as u64)))
    }

    /// What is mapped at an address.
    pub(super) fn mapped(&self, address: usize) -> Option<Mapped> {
        self.at(address).map(mapped)
    }

    /// The mapping that an address is in, if it is one of the same as before.
    pub(super) fn still_at(&self, address: usize, before: Mapped) -> Option<&Mapping> {
        self.at(address).filter(|map| mapped(map) == before)
    }
}

fn mapped(map: &Mapping) -> Mapped {
    Mapped { identity: map.identity, origin: map.start.wrapping_sub(map.offset) }
}
