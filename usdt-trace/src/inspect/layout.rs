//! What is wrong with a file as a whole: what its linker put where.

use std::collections::{BTreeMap, BTreeSet};

use super::Elf;
use crate::elf::notes::{BASE, Located, STAPSDT, build_id};
use crate::elf::{ENDIAN, Segment};
use crate::flaw::{Flaw, Problem};

/// What kernels map at once. That of kernels with larger pages is a multiple of it, and they map more pages twice.
const PAGE: u64 = 4096;

pub(super) fn flaws(elf: &Elf<'_>, sites: &[Located<'_>]) -> Vec<Flaw> {
    let no_build_id = build_id(elf).is_empty().then_some(Problem::NoBuildId);
    let of_file = [no_build_id, base(elf, sites), order(elf), without_semaphore(sites)];
    let problems = mapped_twice(elf, sites).into_iter().chain(of_file.into_iter().flatten());
    problems.map(Flaw::from).collect()
}

fn base(elf: &Elf<'_>, sites: &[Located<'_>]) -> Option<Problem> {
    let Some(base) = elf.sections_called(BASE).next() else { return Some(Problem::NoBase) };
    let distance = base.sh_addr.get(ENDIAN).wrapping_sub(base.sh_offset.get(ENDIAN));
    let segments =
        sites.iter().filter(|site| !site.is_dropped()).filter_map(|site| elf.segment(site.address));
    let mut code = segments.filter(|segment| segment.is_executable);
    code.any(|segment| segment.distance() != distance).then_some(Problem::BaseAwayFromCode)
}

fn order(elf: &Elf<'_>) -> Option<Problem> {
    (elf.number_of(STAPSDT)? < elf.number_of(".probes")?).then_some(Problem::NotesBeforeSemaphores)
}

fn without_semaphore(sites: &[Located<'_>]) -> Option<Problem> {
    let names: BTreeSet<_> =
        sites.iter().filter(|site| site.semaphore.is_none()).map(Located::names).collect();
    (!names.is_empty()).then_some(Problem::NoSemaphores { count: names.len() })
}

/// Pages of the file with semaphores that an earlier, writable segment maps as well.
///
/// The kernel knows a semaphore by its place in the file, and raises it in the first mapping of that place that can be written
/// and is private. When a program starts, the end of the RELRO segment still can be, so it is raised there, where nobody looks;
/// a tracer that comes later finds that segment protected, and all is well. So tests mostly see nothing of it.
fn mapped_twice(elf: &Elf<'_>, sites: &[Located<'_>]) -> Vec<Problem> {
    let mut pages: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for site in sites {
        if let Some(page) = site.semaphore.and_then(|address| page_of_another(elf, address)) {
            pages.entry(page).or_default().insert(site.full_name());
        }
    }
    let problem = |(page, probes): (u64, BTreeSet<String>)| Problem::SemaphoresMappedTwice {
        page,
        probes: probes.into_iter().collect(),
    };
    pages.into_iter().map(problem).collect()
}

/// The page of a semaphore, if a segment before its own maps it too.
fn page_of_another(elf: &Elf<'_>, address: u64) -> Option<u64> {
    let own = elf.segments.iter().position(|segment| segment.offset_of(address).is_some())?;
    let page = elf.segments[own].offset_of(address)? / PAGE * PAGE;
    let earlier = &elf.segments[..own];
    earlier.iter().any(|segment| segment.is_writable && maps(segment, page)).then_some(page)
}

/// Whether a segment, which is mapped in whole pages, has this page of the file.
fn maps(segment: &Segment, page: u64) -> bool {
    let end = segment.offset.saturating_add(segment.len);
    segment.len > 0 && segment.offset / PAGE * PAGE <= page && page < end
}
