//! The notes of a file → its probes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use object::read::ReadRef;
use usdt_core::model::name::{probe_from_ident, probe_to_note};
use usdt_core::stapsdt::Described;
use usdt_core::stapsdt::operand::parse;

use super::args::args;
use super::symbol;
use crate::elf::Elf;
use crate::elf::notes::{Located, Moves, notes, stapsdt};
use crate::elf::segment::{code_offset, data_offset};
use crate::flaw::{Flaw, Problem};
use crate::probe::{Object, Probe, Semaphore, Site};

const DESCRIBING: &str = ".note.usdt-probes";

/// The probes of a file, and what is wrong with it.
pub(super) fn probes<'data, R: ReadRef<'data>>(
    elf: &Elf<'data, R>,
    object: &Arc<Object>,
) -> (Vec<Probe>, Vec<Flaw>) {
    let mut flaws = Vec::new();
    let mut described = described(elf, &mut flaws);
    let mut probes = sites(elf, object, &mut flaws);
    for probe in &mut probes {
        let description = probe.sites.iter().find_map(|site| described.remove(&key(site.address, probe)));
        match args(description.as_ref(), &probe.sites) {
            Ok(args) => probe.args = args,
            Err(args) => {
                probe.args = args;
                flaws.push(flaw(probe.full_name(), Problem::Description));
            }
        }
        probe.doc = description.map(|description| description.probe.doc).unwrap_or_default();
    }
    symbol::resolve(elf, &mut probes);
    flaws.extend(probes.iter().flat_map(operand_flaws));
    let strays = strays(described, &probes, &flaws);
    flaws.extend(strays.into_iter().map(|probe| flaw(probe, Problem::OnlyDescribed)));
    (probes, flaws)
}

/// The probes that only a describing note knows. The other sites of a probe have descriptions too, and a site that was dropped
/// has been reported.
fn strays(described: HashMap<Key, Described>, probes: &[Probe], flaws: &[Flaw]) -> BTreeSet<String> {
    let dropped = flaws.iter().filter_map(|flaw| flaw.probe.clone());
    let known: HashSet<String> = probes.iter().map(Probe::full_name).chain(dropped).collect();
    let name = |it: Described| format!("{}:{}", it.provider, probe_to_note(&it.probe.name));
    described.into_values().map(name).filter(|name| !known.contains(name)).collect()
}

fn flaw(probe: String, problem: Problem) -> Flaw {
    Flaw { probe: Some(probe), problem }
}

/// What ties a describing note to a site.
type Key = (u64, String, String);

fn key(address: u64, probe: &Probe) -> Key {
    (address, probe.provider.clone(), probe_from_ident(&probe.name))
}

fn operand_flaws(probe: &Probe) -> impl Iterator<Item = Flaw> + '_ {
    let errors = probe.sites.iter().enumerate();
    let errors =
        errors.flat_map(|(i, site)| site.operands.iter().filter_map(move |it| Some((i, it.as_ref().err()?))));
    errors.map(|(site, error)| {
        flaw(probe.full_name(), Problem::UnreadableOperand { site, error: error.clone() })
    })
}

/// The descriptions by what they describe.
fn described<'data, R: ReadRef<'data>>(
    elf: &Elf<'data, R>,
    flaws: &mut Vec<Flaw>,
) -> HashMap<Key, Described> {
    let moves = Moves::of(elf);
    let described = notes(elf, DESCRIBING, |note| Described::read(&note), flaws).into_iter();
    let key =
        |it: &Described| (moves.moved(it.location, it.base), it.provider.clone(), it.probe.name.clone());
    described.map(|it| (key(&it), it)).collect()
}

/// The probes, still without their arguments: all sites of the same name together, in the order of the notes.
fn sites<'data, R: ReadRef<'data>>(
    elf: &Elf<'data, R>,
    object: &Arc<Object>,
    flaws: &mut Vec<Flaw>,
) -> Vec<Probe> {
    let mut probes: Vec<Probe> = Vec::new();
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    for located in stapsdt(elf, flaws) {
        let mut report = |problem| flaws.push(flaw(located.full_name(), problem));
        let Some(site) = site(elf, &located, &mut report) else { continue };
        let place = *places.entry(located.names()).or_insert(probes.len());
        if place == probes.len() {
            probes.push(Probe {
                object: Arc::clone(object),
                provider: located.note.provider.to_owned(),
                name: located.note.probe.to_owned(),
                doc: String::new(),
                args: Vec::new(),
                sites: Vec::new(),
            });
        }
        probes[place].sites.push(site);
    }
    probes
}

/// The site that a note tells of, if the program can come there.
fn site<'data, R: ReadRef<'data>>(
    elf: &Elf<'data, R>,
    located: &Located<'data>,
    report: &mut impl FnMut(Problem),
) -> Option<Site> {
    let &Located { ref note, address, semaphore } = located;
    if located.is_dropped() {
        report(Problem::DroppedCode);
        return None;
    }
    let Some(offset) = code_offset(&elf.segments, address) else {
        report(Problem::NotCode { address });
        return None;
    };
    let semaphore =
        semaphore.map(|address| Semaphore { address, offset: data_offset(&elf.segments, address) });
    if let Some(Semaphore { address, offset: None }) = semaphore {
        report(match elf.segment(address) {
            Some(_) => Problem::SemaphoreReadOnly { address },
            None => Problem::SemaphoreNotInData { address },
        });
    }
    let operands = parse(note.operands, elf.architecture);
    Some(Site { address, offset: Some(offset), semaphore, operands, text: note.operands.to_owned() })
}
