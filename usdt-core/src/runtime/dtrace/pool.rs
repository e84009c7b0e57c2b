//! The stubs, and which of them are free.
//!
//! # Safety
//!
//! `unsafe` is here to run a stub, which is within the pool.
#![allow(unsafe_code)]

use std::sync::{Mutex, PoisonError};

use super::stub;
use crate::value::plan::Frame;

/// How many stubs there are: so many probes can be defined at a time, in all providers of a process together.
pub(super) const STUBS: usize = if cfg!(test) { 256 } else { 4096 };

/// A stub of the pool. Whoever has it is the only one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stub {
    index: usize,
}

/// What is left of the pool.
struct Free {
    /// Those that were given back.
    returned: Vec<usize>,
    /// From here on none was ever taken.
    untouched: usize,
}

static FREE: Mutex<Free> = Mutex::new(Free { returned: Vec::new(), untouched: 0 });

/// How many nobody has.
#[cfg(all(test, target_os = "linux"))]
pub(super) fn free() -> usize {
    let free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
    free.returned.len() + STUBS - free.untouched
}

impl Stub {
    /// A stub that nobody has. None if there is none left.
    pub(super) fn take() -> Option<Stub> {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let index = free.returned.pop().or_else(|| {
            let index = free.untouched;
            free.untouched += 1;
            (index < STUBS).then_some(index)
        });
        free.untouched = free.untouched.min(STUBS);
        index.map(|index| Stub { index })
    }

    /// Puts it back. The kernel must not know it any more.
    pub(super) fn give_back(self) {
        FREE.lock().unwrap_or_else(PoisonError::into_inner).returned.push(self.index);
    }

    /// The address of the instruction by which a program asks whether anybody watches.
    pub(super) fn enabled_site(&self) -> u64 {
        (self.address() + stub::ENABLED_SITE) as u64
    }

    /// The address of the instruction at which it fires.
    pub(super) fn site(&self) -> u64 {
        (self.address() + stub::SITE) as u64
    }

    /// Whether somebody watches.
    pub(super) fn is_enabled(&self) -> bool {
        // SAFETY: it is the address of a stub, since the index is within the pool.
        unsafe { stub::is_enabled(self.address()) }
    }

    /// Fires with these operands.
    pub(super) fn fire(&self, frame: &Frame) {
        // SAFETY: as above.
        unsafe { stub::fire(self.address(), frame) }
    }

    /// The address of its code.
    fn address(&self) -> usize {
        (stub::stubs as *const ()).addr() + self.index * stub::SIZE
    }
}
