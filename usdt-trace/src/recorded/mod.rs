//! The last firings of a program, out of the memory that it left: of a core dump, or of a process that lives.
//!
//! A program that has a recorder writes its firings into its own memory ([`format`](usdt_core::recorder::format)). Whoever reads them
//! needs neither the program nor its symbols:
//!
//! ```text
//! memory (core, living) → scan → header → slots → values → Recording
//!                                         probes
//! ```
//!
//! A program that crashed may have written anything there, and a core may be anybody's: every length is checked against what there
//! is, and nothing that is allocated or gone through is longer than the memory itself.

mod core_file;
mod header;
mod living;
mod memory;
mod probes;
mod scan;
mod slots;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod values;

pub use core_file::{Core, Died};
pub use living::Living;
pub use memory::{Bytes, Memory, Region};

use crate::Event;
use header::Header;

/// What a recorder held.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recording {
    /// The process that started the recorder, by the id that its own namespace had for it.
    pub pid: u32,
    /// What is to be added to the times of its firings to get the time of day (nanoseconds since 1970), as it was when the recorder
    /// was started.
    pub realtime: i64,
    /// The firings that are still there, in the order of their numbers.
    pub firings: Vec<Fired>,
    /// How many firings there were since it was started.
    pub total: u64,
    /// Firings that found their slot still taken by another thread.
    pub dropped: u64,
    /// The numbers of firings that were being written, in their order: by threads that the end of the program has stopped.
    pub unfinished: Vec<u64>,
    /// Slots that were overwritten with something else, or while they were read.
    pub damaged: u64,
    /// The memory ends before the recorder does.
    pub is_cut: bool,
}

/// A firing, and which one it was.
#[derive(Clone, Debug)]
pub struct Fired {
    /// How many firings there were before it.
    pub number: u64,
    /// What fired, when, and what it carried. The probe is known by what the recorder says of it: it has no sites, and no file.
    pub event: Event,
}

/// The most recorders that are looked for: a process has one, or a few if several libraries brought their own.
const MOST_RECORDERS: usize = 16;

/// Every recorder in memory, in the order in which its regions are given. What seems to begin within another one is none.
pub fn recordings(memory: &impl Memory) -> Vec<Recording> {
    let mut found: Vec<Header> = Vec::new();
    for header in scan::headers(memory) {
        let overlaps = |other: &Header| header.address < other.end && other.address < header.end;
        if !found.iter().any(overlaps) {
            found.push(header);
        }
        if found.len() == MOST_RECORDERS {
            break;
        }
    }
    found.iter().map(|header| slots::recording(memory, header)).collect()
}
