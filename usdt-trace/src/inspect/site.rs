//! What is wrong with single notes: where they point, what they carry, what they are called.

use std::collections::{BTreeMap, BTreeSet};

use usdt_core::model::MAX_OPERANDS;
use usdt_core::model::name::{check_probe, check_provider};

use super::{Elf, nop, operand};
use crate::elf::notes::Located;
use crate::flaw::{Flaw, Problem};

/// What is wrong with each note, and with the notes of each probe together. What several notes of a probe have in common is
/// said once.
pub(super) fn flaws(elf: &Elf<'_>, sites: &[Located<'_>]) -> Vec<Flaw> {
    let mut flaws: Vec<Flaw> = Vec::new();
    let mut add = |site: &Located<'_>, problem: Problem| {
        let flaw = Flaw { probe: Some(site.full_name()), problem };
        // Those of a probe mostly follow each other; looking at all of them would take long in a hostile file.
        if !flaws.iter().rev().take(8).any(|other| *other == flaw) {
            flaws.push(flaw);
        }
    };
    for site in sites {
        let problems = [name(site), location(elf, site), count(site), semaphore(elf, site)];
        problems.into_iter().flatten().for_each(|problem| add(site, problem));
        for word in operand::words(site.note.operands).take(MAX_OPERANDS) {
            if let Some(shape) = operand::odd(elf.architecture, word) {
                add(site, Problem::Operand { operand: word.to_owned(), shape });
            }
        }
    }
    flaws.extend(several_semaphores(sites));
    flaws
}

fn name(site: &Located<'_>) -> Option<Problem> {
    let error = check_provider(site.note.provider).and_then(|()| check_probe(site.note.probe)).err()?;
    Some(Problem::Name { error })
}

fn location(elf: &Elf<'_>, site: &Located<'_>) -> Option<Problem> {
    let address = site.address;
    if site.is_dropped() {
        return Some(Problem::DroppedCode);
    }
    if !elf.segment(address).is_some_and(|segment| segment.is_executable) {
        return Some(Problem::NotCode { address });
    }
    let code = elf.bytes(address, nop::LONGEST);
    match nop::look(elf.architecture, code) {
        nop::Found::Nop => None,
        nop::Found::LongNop => Some(Problem::LongNop { address }),
        nop::Found::Other => Some(Problem::NotNop { address, bytes: code[..code.len().min(4)].to_vec() }),
    }
}

fn count(site: &Located<'_>) -> Option<Problem> {
    let count = operand::words(site.note.operands).count();
    (count > MAX_OPERANDS).then_some(Problem::TooManyOperands { count })
}

fn semaphore(elf: &Elf<'_>, site: &Located<'_>) -> Option<Problem> {
    let address = site.semaphore?;
    match elf.segment(address) {
        None => Some(Problem::SemaphoreNotInData { address }),
        Some(segment) if !segment.is_writable => Some(Problem::SemaphoreReadOnly { address }),
        Some(_) if elf.relro.is_some_and(|relro| relro.contains(address)) => {
            Some(Problem::SemaphoreReadOnly { address })
        }
        Some(segment) if segment.is_executable => Some(Problem::SemaphoreInCode { address }),
        Some(_) => None,
    }
}

/// Probes whose sites don't all look at the same word.
fn several_semaphores<'a>(sites: &'a [Located<'a>]) -> impl Iterator<Item = Flaw> + 'a {
    let mut semaphores: BTreeMap<_, BTreeSet<Option<u64>>> = BTreeMap::new();
    for site in sites {
        semaphores.entry(site.names()).or_default().insert(site.semaphore);
    }
    let several = semaphores.into_iter().filter(|(_, words)| words.len() > 1);
    several.map(|((provider, probe), words)| Flaw {
        probe: Some(format!("{provider}:{probe}")),
        problem: Problem::SeveralSemaphores { count: words.len() },
    })
}
