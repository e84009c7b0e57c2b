//! What the addresses of a process are called: the frames of a firing, for people.
//!
//! A name comes from the symbol table of the file that is mapped there (`table`), or, for code that the process made itself,
//! from the map that it writes for `perf` (`perf_map`, `functions`): so do Node, Java and others. `name` turns what linkers and virtual
//! machines write into what programmers wrote. All of it is read while the process is there: one that has ended keeps what was
//! last seen of it, and of one that was never seen only the file of the probe is known.

mod functions;
mod name;
mod perf_map;
mod process;
mod table;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::{Event, Object};
pub use functions::Functions;
use process::Process;
use table::Tables;

/// So many processes are known at a time.
const MOST_PROCESSES: usize = 1024;

/// A place in a program, by its names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// Where it is in the process.
    pub address: u64,
    /// The function, as programmers write it; for JavaScript with its place in the source, `sell /srv/shop.js:7:14`.
    pub symbol: Option<String>,
    /// How far it is from where the function begins; if that isn't known, which address of the file it is.
    pub offset: Option<u64>,
    /// The file that is mapped there, as the process calls it. `None` for code that the process made itself.
    pub file: Option<PathBuf>,
}

/// The names of processes' addresses. What was read once is kept.
#[derive(Debug, Default)]
pub struct Symbols {
    tables: Tables,
    processes: HashMap<u32, Process>,
}

impl Symbols {
    /// Knows nothing yet.
    pub fn new() -> Symbols {
        Symbols::default()
    }

    /// The frames of a firing, the innermost first. To be asked soon, while the process is there and its code where it was.
    pub fn frames(&mut self, event: &Event) -> Vec<Arc<Frame>> {
        if self.processes.len() >= MOST_PROCESSES && !self.processes.contains_key(&event.pid) {
            // Most of them have ended by now; those that are there are soon known again.
            self.processes.clear();
        }
        let process = self.processes.entry(event.pid).or_insert_with(|| Process::new(event.pid));
        process.refresh();
        let origin = Origin::of(event);
        let frames = event.stack.iter().enumerate();
        frames.map(|(depth, &address)| process.frame(address, depth > 0, &origin, &mut self.tables)).collect()
    }
}

/// The file of the probe that fired. Where it is mapped shows in the firing itself.
struct Origin<'event> {
    object: &'event Object,
    /// How far it was moved.
    bias: u64,
}

impl Origin<'_> {
    fn of(event: &Event) -> Origin<'_> {
        let site = event.probe.sites.get(event.site).map_or(0, |site| site.address);
        let bias = event.stack.first().map_or(0, |place| place.wrapping_sub(site));
        Origin { object: &event.probe.object, bias }
    }
}
