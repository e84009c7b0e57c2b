//! Where a site is in this process, and whether a breakpoint may be put there.
//!
//! # Safety
//!
//! `unsafe` is here to look at code that /proc says is mapped and readable.
#![allow(unsafe_code)]

use std::sync::Arc;

use super::arch::{self, BREAKPOINT, Instruction};
use super::maps::{Mapped, Maps};
use crate::local::AttachError;
use crate::maps::Mapping;
use crate::{Probe, find::Loaded};

/// A site in this process.
#[derive(Clone, Debug)]
pub(super) struct Located {
    pub(super) probe: Arc<Probe>,
    pub(super) site: usize,
    pub(super) bias: u64,
    /// Where its breakpoint is to be.
    pub(super) address: usize,
    /// Where the program goes on: behind the nop that the breakpoint is in.
    pub(super) behind: usize,
    pub(super) code: Mapped,
    pub(super) semaphore: Option<Semaphore>,
}

/// A semaphore in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Semaphore {
    pub(super) address: usize,
    pub(super) mapped: Mapped,
}

/// All sites of a probe. `original` knows what stood where a breakpoint of ours is.
pub(super) fn locate(
    loaded: &Loaded,
    maps: &Maps,
    original: impl Fn(usize) -> Option<Instruction>,
) -> Result<Vec<Located>, AttachError> {
    (0..loaded.probe.sites.len()).map(|site| one(loaded, site, maps, &original)).collect()
}

fn one(
    loaded: &Loaded,
    index: usize,
    maps: &Maps,
    original: &impl Fn(usize) -> Option<Instruction>,
) -> Result<Located, AttachError> {
    let Loaded { probe, bias } = loaded;
    let site = &probe.sites[index];
    let semaphore = match site.semaphore {
        Some(semaphore) => Some(locate_semaphore(probe, moved(semaphore.address, *bias), maps)?),
        None => None,
    };
    let nop = moved(site.address, *bias);
    let map = code(probe, nop, maps)?;
    let (before, from) = around(nop, map, original);
    let second = arch::second_nop(&before, &from, nop, semaphore.map(|semaphore| semaphore.address));
    let offset = second.unwrap_or(0);
    let Some(len) = arch::nop(&from[offset..]) else {
        let probe = probe.full_name();
        let occupied = from[offset..].starts_with(&BREAKPOINT.to_ne_bytes());
        return Err(if occupied {
            AttachError::Occupied { probe, address: nop }
        } else {
            AttachError::NotANop { probe, address: nop, found: from }
        });
    };
    Ok(Located {
        probe: Arc::clone(probe),
        site: index,
        bias: *bias,
        address: nop + offset,
        behind: nop + offset + len,
        code: maps.mapped(nop).expect("it was found above"),
        semaphore,
    })
}

fn moved(address: u64, bias: u64) -> usize {
    usize::try_from(address.wrapping_add(bias)).unwrap_or(usize::MAX)
}

fn code<'m>(probe: &Probe, address: usize, maps: &'m Maps) -> Result<&'m Mapping, AttachError> {
    let problem = match maps.at(address) {
        None => "nothing is mapped",
        Some(map) if !(map.is_readable() && map.is_executable()) => "is no code that can be read",
        Some(map) if !map.is_private() => "is code that other processes share",
        Some(map) => return Ok(map),
    };
    Err(AttachError::NotMapped { probe: probe.full_name(), address, problem })
}

fn locate_semaphore(probe: &Probe, address: usize, maps: &Maps) -> Result<Semaphore, AttachError> {
    let problem = match maps.at(address) {
        None => "no semaphore is mapped",
        Some(map) if !map.is_writable() => "is no semaphore that can be written to",
        Some(_) if !address.is_multiple_of(2) => "is no address of a semaphore",
        Some(_) => {
            let mapped = maps.mapped(address).expect("it was found above");
            return Ok(Semaphore { address, mapped });
        }
    };
    Err(AttachError::NotMapped { probe: probe.full_name(), address, problem })
}

/// The bytes before an address and those from it on, as they are without our own breakpoints.
fn around(
    address: usize,
    map: &Mapping,
    original: impl Fn(usize) -> Option<Instruction>,
) -> (Vec<u8>, Vec<u8>) {
    let (start, end) = (map.start as usize, map.end as usize);
    let first = address.saturating_sub(arch::AROUND.0).max(start);
    let last = (address + arch::AROUND.1).min(end);
    let mut bytes: Vec<u8> = (first..last)
        // SAFETY: the mapping goes from `start` to `end` and is readable.
        .map(|at| unsafe { std::ptr::with_exposed_provenance::<u8>(at).read_volatile() })
        .collect();
    for at in first..last {
        let into = &mut bytes[at - first..];
        // Where other code is by now there is no breakpoint of ours any more.
        if let Some(instruction) = original(at).filter(|_| into.starts_with(&BREAKPOINT.to_ne_bytes())) {
            into.iter_mut().zip(instruction.to_ne_bytes()).for_each(|(into, byte)| *into = byte);
        }
    }
    let from = bytes.split_off(address - first);
    (bytes, from)
}
