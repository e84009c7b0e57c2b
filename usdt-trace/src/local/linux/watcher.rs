//! Who watches: a queue, and a slot by which the handler of a signal finds it.
//!
//! # Safety
//!
//! `unsafe` is here to share a watcher with handlers, and to free it nevertheless. A handler first says that it is in the slot and
//! then looks whether the breakpoint is still watched by it; the watcher's owner first ends that and then looks whether anybody
//! is in the slot. In the order that all threads agree on, one of the two sees the other.
#![allow(unsafe_code)]

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::breakpoint::Breakpoint;
use super::queue::Queue;

/// How many tracers there can be at once.
pub(super) const SLOTS: usize = 256;

/// A tracer, as handlers know it.
pub(super) struct Watcher {
    /// The thread whose firings are wanted; 0 for all.
    pub(super) thread: u32,
    pub(super) queue: Queue,
    /// What it watches, in the order of the addresses of these.
    pub(super) breakpoints: Vec<&'static Breakpoint>,
    /// How many firings of each were lost.
    pub(super) lost: Vec<AtomicU64>,
}

struct Slot {
    watcher: AtomicPtr<Watcher>,
    /// How many handlers are looking at it.
    inside: AtomicUsize,
}

static ALL: [Slot; SLOTS] =
    [const { Slot { watcher: AtomicPtr::new(ptr::null_mut()), inside: AtomicUsize::new(0) } }; SLOTS];

/// A watcher in a slot. Dropping it takes it out; nothing may be watched by it any more then.
pub(super) struct Placed {
    pub(super) slot: usize,
    watcher: *mut Watcher,
}

// SAFETY: the watcher is shared with handlers in any thread; all that they do with it is made for that.
unsafe impl Send for Placed {}
// SAFETY: as above.
unsafe impl Sync for Placed {}

impl Watcher {
    pub(super) fn new(thread: u32, queue: Queue, mut breakpoints: Vec<&'static Breakpoint>) -> Watcher {
        breakpoints.sort_unstable_by_key(|&breakpoint| ptr::from_ref(breakpoint));
        breakpoints.dedup_by_key(|breakpoint| ptr::from_ref(*breakpoint));
        let lost = breakpoints.iter().map(|_| AtomicU64::new(0)).collect();
        Watcher { thread, queue, breakpoints, lost }
    }

    /// Counts a firing that there was no room for.
    pub(super) fn lose(&self, breakpoint: &'static Breakpoint) {
        let position =
            self.breakpoints.binary_search_by_key(&ptr::from_ref(breakpoint), |&own| ptr::from_ref(own));
        if let Some(lost) = position.ok().and_then(|at| self.lost.get(at)) {
            lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Puts it into a slot that is free; `None` if there is none. One call at a time.
    pub(super) fn place(self) -> Option<Placed> {
        let slot = ALL.iter().position(|slot| slot.watcher.load(Ordering::Relaxed).is_null())?;
        let watcher = Box::into_raw(Box::new(self));
        ALL[slot].watcher.store(watcher, Ordering::SeqCst);
        Some(Placed { slot, watcher })
    }
}

/// Calls with the watcher in a slot, if the breakpoint is still watched by it. For handlers of signals.
pub(super) fn with(slot: usize, breakpoint: &Breakpoint, call: impl FnOnce(&Watcher)) {
    let place = &ALL[slot];
    place.inside.fetch_add(1, Ordering::SeqCst);
    if breakpoint.is_watched_by(slot) {
        // SAFETY: as it is watched, the owner has yet to look who is inside, and waits.
        if let Some(watcher) = unsafe { place.watcher.load(Ordering::SeqCst).as_ref() } {
            call(watcher);
        }
    }
    place.inside.fetch_sub(1, Ordering::SeqCst);
}

impl std::ops::Deref for Placed {
    type Target = Watcher;

    fn deref(&self) -> &Watcher {
        // SAFETY: it is freed when this is dropped.
        unsafe { &*self.watcher }
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        /// A handler is inside for microseconds. One that stays was stopped there, or belongs to a thread that a `fork` left
        /// behind: then the slot and the watcher stay as they are, for good.
        const PATIENCE: Duration = Duration::from_millis(200);
        let slot = &ALL[self.slot];
        let since = Instant::now();
        while slot.inside.load(Ordering::SeqCst) != 0 {
            if since.elapsed() > PATIENCE {
                return;
            }
            std::thread::yield_now();
        }
        slot.watcher.store(ptr::null_mut(), Ordering::SeqCst);
        // SAFETY: nothing is watched by it, so no handler will look at it, and none does.
        drop(unsafe { Box::from_raw(self.watcher) });
    }
}
