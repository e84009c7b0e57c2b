//! What all tracers of this process share: which code was changed, and for how many of them.
//!
//! # Safety
//!
//! `unsafe` is here to change code and semaphores. They are where the notes of their file say, and /proc says that this file is
//! still mapped there.
#![allow(unsafe_code)]

use std::collections::HashMap;
use std::ptr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::arch::{BREAKPOINT, Instruction};
use super::breakpoint::{self, Breakpoint};
use super::located::{Located, Semaphore};
use super::maps::{Mapped, Maps};
use super::{code, signal};
use crate::find::Finder;
use crate::local::AttachError;
use crate::maps::Mapping;

/// What is known of this process. Handlers of signals never look at it.
#[derive(Default)]
pub(super) struct Registry {
    pub(super) finder: Finder,
    patches: HashMap<usize, Patch>,
}

/// Code that was changed.
struct Patch {
    /// For how many watchers.
    users: usize,
    /// What was there before.
    original: Instruction,
    mapped: Mapped,
}

static REGISTRY: Mutex<Option<Registry>> = Mutex::new(None);

/// Calls with the registry; everybody else waits.
pub(super) fn with<R>(call: impl FnOnce(&mut Registry) -> R) -> R {
    let mut registry: MutexGuard<'_, Option<Registry>> =
        REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    call(registry.get_or_insert_default())
}

impl Registry {
    /// What stood where a breakpoint of ours is.
    pub(super) fn original(&self, address: usize) -> Option<Instruction> {
        self.patches.get(&address).map(|patch| patch.original)
    }

    /// Puts a breakpoint at a site, or counts one more user of it.
    pub(super) fn arm(
        &mut self,
        breakpoint: &'static Breakpoint,
        located: &Located,
    ) -> Result<(), AttachError> {
        signal::install()?;
        let address = breakpoint.address;
        // SAFETY: the site was found in readable code.
        let found = unsafe { code::read(address) };
        breakpoint.set_armed(true);
        if found != BREAKPOINT {
            // SAFETY: a thread that comes to the breakpoint goes on behind the nop, by the handler that was just installed.
            unsafe { code::replace(address, found, BREAKPOINT) }.map_err(|error| {
                breakpoint.set_armed(false);
                AttachError::CodeIsProtected {
                    probe: breakpoint.probe.full_name(),
                    address,
                    memory_file: error.memory_file,
                    mprotect: error.mprotect,
                }
            })?;
            let users = self.patches.get(&address).map_or(0, |patch| patch.users);
            self.patches.insert(address, Patch { users, original: found, mapped: located.code });
        }
        if let Some(patch) = self.patches.get_mut(&address) {
            patch.users += 1;
        }
        Ok(())
    }

    /// Takes back what `arm` did. Where the code is gone nothing is left to do.
    pub(super) fn disarm(&mut self, breakpoint: &Breakpoint, maps: &Maps) {
        let address = breakpoint.address;
        let Some(patch) = self.patches.get_mut(&address) else { return };
        patch.users = patch.users.saturating_sub(1);
        if patch.users == 0 && is_put_back(address, patch, maps) {
            breakpoint::at(address).for_each(|breakpoint| breakpoint.set_armed(false));
            self.patches.remove(&address);
        }
    }
}

/// Puts the nop back, or finds that there is nothing to put back.
fn is_put_back(address: usize, patch: &Patch, maps: &Maps) -> bool {
    let map = maps.still_at(address, patch.mapped);
    if !map.is_some_and(|map| map.is_readable() && map.is_executable()) {
        return true;
    }
    // SAFETY: what was there is there still: readable code of this process. A thread that has hit the breakpoint is told by
    // the handler to run the instruction again.
    unsafe { code::read(address) != BREAKPOINT || code::replace(address, BREAKPOINT, patch.original).is_ok() }
}

/// Says that one more tracer watches, as the kernel does.
pub(super) fn raise(semaphore: Semaphore) {
    // SAFETY: it is mapped writable, by what was just read of /proc.
    unsafe { word(semaphore) }.fetch_add(1, Ordering::SeqCst);
}

/// Says that one tracer less watches. Where the semaphore is gone nothing is left to do.
pub(super) fn lower(semaphore: Semaphore, maps: &Maps) {
    if maps.still_at(semaphore.address, semaphore.mapped).is_some_and(Mapping::is_writable) {
        let less = |watching: u16| watching.checked_sub(1);
        // SAFETY: it is still mapped writable.
        let _ = unsafe { word(semaphore) }.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
    }
}

/// # Safety
///
/// The semaphore must be mapped, and writable.
unsafe fn word<'a>(semaphore: Semaphore) -> &'a AtomicU16 {
    // SAFETY: by the caller's promise; its address is even.
    unsafe { &*ptr::with_exposed_provenance::<AtomicU16>(semaphore.address) }
}
