//! The stubs, and which of them are free.
//!
//! A stub that was given back may still have a tracer's instruction in it: the kernels put back what was there when the tracer
//! lets go of the probe, or a while after its provider has ended, and to run it before that can end the process. So a stub is given
//! to a probe only if its instructions are those that were compiled.
//!
//! # Safety
//!
//! `unsafe` is here to run a stub, which is within the pool, and to read its code.
#![allow(unsafe_code)]

use std::collections::VecDeque;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::stub;
use crate::value::plan::Frame;

/// So many probes can be defined at a time, in all providers of a process together.
pub(super) const PROBES: usize = if cfg!(test) { 256 } else { 4096 };

/// How many stubs there are: one a probe, and the first one.
pub(super) const STUBS: usize = PROBES + 1;

/// A stub of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stub {
    index: usize,
}

/// What is left of the pool.
struct Free {
    /// Those that were given back, the one that has waited longest in front.
    returned: VecDeque<Stub>,
    /// From here on none was ever taken.
    unused: usize,
}

static FREE: Mutex<Free> = Mutex::new(Free { returned: VecDeque::new(), unused: 1 });

fn free_stubs() -> MutexGuard<'static, Free> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many nobody has.
#[cfg(all(test, target_os = "linux"))]
pub(super) fn free() -> usize {
    let free = free_stubs();
    free.returned.len() + STUBS - free.unused
}

impl Stub {
    /// The first one, which is no probe's.
    pub(super) const ANCHOR: Stub = Stub { index: 0 };

    /// A stub that nobody has and no tracer has changed. None if there is none left.
    pub(super) fn take() -> Option<Stub> {
        let mut free = free_stubs();
        if let Some(place) = free.returned.iter().position(|stub| stub.is_untouched()) {
            return free.returned.remove(place);
        }
        let index = free.unused;
        (index < STUBS).then(|| {
            free.unused += 1;
            Stub { index }
        })
    }

    /// Puts it back. The kernel must not know it any more, and nobody may run it.
    pub(super) fn give_back(self) {
        free_stubs().returned.push_back(self);
    }

    /// The address of the instruction by which a program asks whether anybody watches.
    pub(super) fn enabled_site(self) -> u64 {
        (self.address() + stub::ENABLED_SITE) as u64
    }

    /// The address of the instruction at which it fires.
    pub(super) fn site(self) -> u64 {
        (self.address() + stub::SITE) as u64
    }

    /// Whether somebody watches.
    pub(super) fn is_enabled(self) -> bool {
        // SAFETY: it is the address of a stub, since the index is within the pool.
        unsafe { stub::is_enabled(self.address()) }
    }

    /// Fires with these operands.
    pub(super) fn fire(self, frame: &Frame) {
        // SAFETY: as above.
        unsafe { stub::fire(self.address(), frame) }
    }

    /// Whether its instructions are those that were compiled: no tracer has replaced one.
    fn is_untouched(self) -> bool {
        let read = |offset| {
            let code = ptr::with_exposed_provenance::<stub::Trap>(self.address() + offset);
            // SAFETY: the stub has an instruction there, and code may be read. A kernel that writes it does so at once.
            unsafe { code.read_volatile() }
        };
        [stub::ENABLED_SITE, stub::SITE].map(read) == stub::COMPILED
    }

    /// The address of its code.
    fn address(self) -> usize {
        (stub::stubs as *const ()).expose_provenance() + self.index * stub::SIZE
    }
}

/// The stub that a probe has at present.
#[derive(Debug)]
pub(super) struct Place {
    index: AtomicUsize,
}

impl Place {
    pub(super) fn new(stub: Stub) -> Place {
        Place { index: AtomicUsize::new(stub.index) }
    }

    pub(super) fn stub(&self) -> Stub {
        Stub { index: self.index.load(Ordering::Relaxed) }
    }

    /// Leaves a stub that a tracer has changed for another one. If there is none, it stays.
    pub(super) fn leave_touched(&self) {
        let old = self.stub();
        if old.is_untouched() {
            return;
        }
        if let Some(new) = Stub::take() {
            self.index.store(new.index, Ordering::Relaxed);
            old.give_back();
        }
    }
}
