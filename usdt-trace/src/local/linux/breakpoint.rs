//! The sites that were ever watched in this process, as the handler of a signal finds them: by their address.
//!
//! They are never freed, since a thread may look at one at any time; what is watched again is found again. So there are as many
//! as there are sites that somebody has asked for.
//!
//! # Safety
//!
//! `unsafe` is here to follow the pointers of a list that only grows. They come from `Box::leak`.
#![allow(unsafe_code)]

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

use usdt_core::stapsdt::operand::{Operand, OperandError};

use super::watcher::SLOTS;
use crate::{Kind, Probe};

/// A site, and who watches it.
pub(super) struct Breakpoint {
    /// Where the breakpoint is in this process.
    pub(super) address: usize,
    /// Where a thread that has hit it goes on: behind the nop.
    pub(super) behind: usize,
    pub(super) probe: Arc<Probe>,
    pub(super) site: usize,
    /// How far the probe's file was moved.
    pub(super) bias: u64,
    pub(super) kinds: Vec<Kind>,
    /// What some of the operands point at.
    pub(super) pointees: Vec<Pointee>,
    /// The breakpoint is in the code, or is about to be.
    armed: AtomicBool,
    /// A bit for each slot.
    watchers: [AtomicU64; SLOTS / 64],
    next: *const Breakpoint,
}

// SAFETY: `next` points to another one, which is never freed, and is set before this one is shared.
unsafe impl Sync for Breakpoint {}
// SAFETY: as above.
unsafe impl Send for Breakpoint {}

/// An operand that is the address of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pointee {
    /// Of text with a NUL byte.
    Text { operand: usize },
    /// Of as many bytes as the next operand says.
    Bytes { operand: usize },
}

impl Pointee {
    pub(super) fn operand(self) -> usize {
        match self {
            Pointee::Text { operand } | Pointee::Bytes { operand } => operand,
        }
    }
}

/// A list for each remainder of the address.
static LISTS: [AtomicPtr<Breakpoint>; 1024] = [const { AtomicPtr::new(ptr::null_mut()) }; 1024];

fn list(address: usize) -> &'static AtomicPtr<Breakpoint> {
    // Sites are some bytes apart, and those of images as far as their stubs are.
    &LISTS[(address ^ address >> 10) % LISTS.len()]
}

/// All breakpoints at an address, the newest first: there are several if notes share a site, or if other code was there before.
pub(super) fn at(address: usize) -> impl Iterator<Item = &'static Breakpoint> {
    // SAFETY: what is in a list came from `Box::leak`.
    let first = unsafe { list(address).load(Ordering::Acquire).as_ref() };
    // SAFETY: as above.
    std::iter::successors(first, |breakpoint| unsafe { breakpoint.next.as_ref() })
        .filter(move |breakpoint| breakpoint.address == address)
}

/// The breakpoint of a site that is at this address: the one that is known already, or a new one.
///
/// One call at a time.
pub(super) fn of_site(
    probe: &Arc<Probe>,
    site: usize,
    bias: u64,
    address: usize,
    behind: usize,
) -> &'static Breakpoint {
    let same = |known: &&Breakpoint| known.behind == behind && known.site == site && known.is_of(probe, bias);
    at(address).find(same).unwrap_or_else(|| {
        let list = list(address);
        let new = Box::leak(Box::new(Breakpoint {
            address,
            behind,
            probe: Arc::clone(probe),
            site,
            bias,
            kinds: probe.args.iter().map(|arg| arg.kind).collect(),
            pointees: pointees(probe),
            armed: AtomicBool::new(false),
            watchers: [const { AtomicU64::new(0) }; SLOTS / 64],
            next: list.load(Ordering::Relaxed),
        }));
        list.store(new, Ordering::Release);
        new
    })
}

/// Which operands of a probe are addresses of something that is part of the value.
fn pointees(probe: &Probe) -> Vec<Pointee> {
    use usdt_core::model::ArgType::*;
    let mut pointees = Vec::new();
    let mut operand = 0;
    for arg in &probe.args {
        match arg.kind {
            Kind::Described(Str | CStr | Json | JsonResult) => pointees.push(Pointee::Text { operand }),
            Kind::Described(Bytes) => pointees.push(Pointee::Bytes { operand }),
            _ => {}
        }
        operand += arg.kind.operands();
    }
    pointees
}

impl Breakpoint {
    /// Whether it is one of a probe's, where the probe's file is moved so far.
    pub(super) fn is_of(&self, probe: &Arc<Probe>, bias: u64) -> bool {
        let own = &self.probe;
        let same = || own.object == probe.object && own.provider == probe.provider && own.name == probe.name;
        self.bias == bias && (Arc::ptr_eq(own, probe) || same())
    }

    pub(super) fn operands(&self) -> &[Result<Operand, OperandError>] {
        &self.probe.sites[self.site].operands
    }

    pub(super) fn is_armed(&self) -> bool {
        self.armed.load(Ordering::SeqCst)
    }

    pub(super) fn set_armed(&self, armed: bool) {
        self.armed.store(armed, Ordering::SeqCst);
    }

    /// Adds a watcher, or takes one away.
    pub(super) fn set_watched(&self, slot: usize, watched: bool) {
        let (word, bit) = (&self.watchers[slot / 64], 1 << (slot % 64));
        if watched {
            word.fetch_or(bit, Ordering::SeqCst);
        } else {
            word.fetch_and(!bit, Ordering::SeqCst);
        }
    }

    pub(super) fn is_watched_by(&self, slot: usize) -> bool {
        self.watchers[slot / 64].load(Ordering::SeqCst) & 1 << (slot % 64) != 0
    }

    /// Calls for the slot of each watcher.
    pub(super) fn each_watcher(&self, mut each: impl FnMut(usize)) {
        for (i, word) in self.watchers.iter().enumerate() {
            let mut bits = word.load(Ordering::SeqCst);
            while bits != 0 {
                each(64 * i + bits.trailing_zeros() as usize);
                bits &= bits - 1;
            }
        }
    }
}

impl std::fmt::Debug for Breakpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {:#x}", self.probe.full_name(), self.address)
    }
}
