//! Says what is wrong with the probes of a file: what keeps a tracer from them, loses firings, or makes them slow.
//!
//! A file may be listed by every tracer and lose its firings all the same, depending on how its linker laid it out. Nobody says
//! so while tracing; here it is computed from the file alone, so that it can be known before anything is shipped. What a tracer
//! refuses was measured; [`Problem`](crate::flaw::Problem) names the versions.

mod layout;
mod nop;
mod operand;
mod site;

use std::collections::BTreeSet;

use crate::elf::notes::{Located, stapsdt};
use crate::elf::{self, Refused};
use crate::flaw::Flaw;

/// A file that is in memory.
type Elf<'data> = elf::Elf<'data, &'data [u8]>;

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many probes it has, by their names.
    pub probes: usize,
    /// How many notes tell of them.
    pub sites: usize,
    /// What is wrong, the worst first.
    pub flaws: Vec<Flaw>,
}

/// Inspects the bytes of an ELF file.
///
/// # Errors
///
/// If it is none, or one of a kind whose probes are not known.
pub fn inspect(data: &[u8]) -> Result<Report, Refused> {
    let elf = Elf::read(data)?;
    let mut flaws = Vec::new();
    let sites = stapsdt(&elf, &mut flaws);
    if !sites.is_empty() {
        flaws.extend(layout::flaws(&elf, &sites));
    }
    flaws.extend(site::flaws(&elf, &sites));
    // Stable: what is equally bad stays in the order of the file.
    flaws.sort_by_key(|flaw| flaw.problem.severity());
    let names: BTreeSet<_> = sites.iter().map(Located::names).collect();
    Ok(Report { probes: names.len(), sites: sites.len(), flaws })
}

#[cfg(test)]
mod tests;
