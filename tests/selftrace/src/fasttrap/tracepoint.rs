//! From a DOF to the instructions that are patched: what `fasttrap_meta_create_probe` and `fasttrap_tracepoint_init` do.
//!
//! # Safety
//!
//! `unsafe` is here to look at the program's instructions.
#![allow(unsafe_code)]

use usdt_core::dof::{DofProbe, DofProvider, Flavour};
use usdt_core::helper::System;

use super::kernel::{self, Dof};
use crate::code;
use crate::registers::NOP;

/// What identifies a probe to a tracer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) provider: String,
    pub(crate) module: String,
    pub(crate) function: String,
    pub(crate) name: String,
}

/// What an instruction is patched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Site,
    EnabledSite,
}

/// An instruction that is patched while its probe is enabled.
#[derive(Clone, Debug)]
pub(crate) struct Tracepoint {
    pub(crate) probe: Name,
    pub(crate) kind: Kind,
    pub(crate) pc: usize,
    /// The types of the arguments, in D.
    pub(crate) types: Vec<String>,
}

/// The tracepoints of these DOFs, each of which must be on an instruction that the kernel takes.
pub(crate) fn all(dofs: &[Dof]) -> Vec<Tracepoint> {
    let system = kernel::running().system;
    let of_dof = |dof: &Dof| -> Vec<Tracepoint> {
        let probes =
            dof.dof.providers.iter().flat_map(|provider| provider.probes.iter().map(move |p| (provider, p)));
        probes.flat_map(|(provider, probe)| of_probe(dof, provider, probe, system)).collect()
    };
    dofs.iter().flat_map(of_dof).collect()
}

/// The names of all probes, sorted, each once.
pub(crate) fn probes(tracepoints: &[Tracepoint]) -> Vec<Name> {
    let mut names: Vec<Name> = tracepoints.iter().map(|tracepoint| tracepoint.probe.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn of_probe(dof: &Dof, provider: &DofProvider, probe: &DofProbe, system: System) -> Vec<Tracepoint> {
    let name = Name {
        provider: provider.name.clone(),
        module: dof.module.clone(),
        function: probe.function.clone(),
        name: probe.name.clone(),
    };
    let base = match system {
        Flavour::Illumos | Flavour::FreeBsd => probe.address,
        Flavour::MacOs => dof.address,
    };
    let [site, enabled_site] = kernel::added(system);
    let pc = |offset: i64, added: i64| (base.wrapping_add_signed(offset).wrapping_add_signed(added)) as usize;
    assert!(
        probe.translated.iter().enumerate().all(|(i, arg)| arg.native == i),
        "arguments are not shuffled"
    );
    let tracepoint = |kind, pc| {
        check(kind, pc);
        Tracepoint { probe: name.clone(), kind, pc, types: probe.native.clone() }
    };
    let sites = probe.sites.iter().map(|&offset| tracepoint(Kind::Site, pc(offset, site)));
    let enabled_sites =
        probe.enabled_sites.iter().map(|&offset| tracepoint(Kind::EnabledSite, pc(offset, enabled_site)));
    sites.chain(enabled_sites).collect()
}

/// The instruction must be a nop, and at an is-enabled site behind one that makes rax 0 in three bytes.
#[cfg(target_arch = "x86_64")]
fn check(kind: Kind, pc: usize) {
    const CLEAR: [u8; 3] = [0x48, 0x33, 0xc0];
    // SAFETY: it is an address in the program's code, with code before it.
    let (before, at): ([u8; 3], [u8; 1]) = unsafe { (code::at(pc - 3), code::at(pc)) };
    assert_eq!(at, NOP, "at {pc:#x}");
    assert!(kind == Kind::Site || before == CLEAR, "{before:x?} before {pc:#x}");
}

/// The instruction must be a nop, and at an is-enabled site `mov x0, #0`.
#[cfg(target_arch = "aarch64")]
fn check(kind: Kind, pc: usize) {
    // SAFETY: it is an address in the program's code.
    let at = u32::from_le_bytes(unsafe { code::at(pc) });
    let expected = match kind {
        Kind::Site => u32::from_le_bytes(NOP.try_into().expect("four bytes")),
        Kind::EnabledSite => 0xd280_0000,
    };
    assert_eq!(at, expected, "at {pc:#x}");
}
