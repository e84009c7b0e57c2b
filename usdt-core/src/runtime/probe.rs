//! A probe that was defined while the program runs.
//!
//! # Safety
//!
//! `unsafe` is here to read a semaphore through a pointer, so that a disabled probe costs one load; what it points at lives
//! as long as the probe.
#![allow(unsafe_code)]

use std::fmt;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};

use super::backend::Installed;
use super::lower::{lower, needs_room};
use super::recorded::Recording;
use super::{ArgType, Arguments, Dynamic, ProbeDefinition, Status};
use crate::value::Scratch;
use crate::value::plan::Frame;
use crate::value::scratch::ROOM;

/// The semaphore of probes that are nowhere: nobody raises it.
static NEVER: AtomicU16 = AtomicU16::new(0);

/// A probe that was defined while the program runs. Clones are the same probe.
///
/// It may be fired from many threads at once, from within another firing, and while another thread disables, removes or
/// drops its provider: what is needed for a firing lives as long as any clone.
#[derive(Clone)]
pub struct Probe {
    /// Of memory that `shared` keeps, or `NEVER`.
    semaphore: NonNull<AtomicU16>,
    shared: Arc<Shared>,
}

// SAFETY: the pointer is to an atomic that `shared`, which is `Send` and `Sync`, keeps alive.
unsafe impl Send for Probe {}
// SAFETY: as above.
unsafe impl Sync for Probe {}

/// What all clones share.
struct Shared {
    definition: ProbeDefinition,
    /// Off while the provider is disabled, and for ever once the probe is removed.
    live: AtomicBool,
    /// Which probe of the installed ones it is; the reason where nothing could be installed.
    site: Result<Site, Status>,
}

struct Site {
    installed: Arc<Installed>,
    index: usize,
    /// For each argument that the note describes, its type and the place of its first operand.
    plan: Vec<(ArgType, usize)>,
    recording: Recording,
}

impl Probe {
    /// A probe of those that were installed.
    pub(super) fn installed(
        provider: &str,
        definition: ProbeDefinition,
        installed: &Arc<Installed>,
        index: usize,
        live: bool,
    ) -> Self {
        let semaphore = NonNull::from(installed.semaphore(index));
        let plan = plan(&definition, installed.described(index));
        let recording = Recording::new(provider, &definition.name, &definition.args[..plan.len()]);
        let site = Site { installed: Arc::clone(installed), index, plan, recording };
        Probe::new(definition, semaphore, Ok(site), live)
    }

    /// A probe that is nowhere.
    pub(super) fn unavailable(definition: ProbeDefinition, status: Status) -> Self {
        Probe::new(definition, NonNull::from(&NEVER), Err(status), false)
    }

    fn new(
        definition: ProbeDefinition,
        semaphore: NonNull<AtomicU16>,
        site: Result<Site, Status>,
        live: bool,
    ) -> Self {
        Probe { semaphore, shared: Arc::new(Shared { definition, live: AtomicBool::new(live), site }) }
    }

    /// Its name, with `-` between words where a note has `__`.
    pub fn name(&self) -> &str {
        &self.shared.definition.name
    }

    /// What it was defined as.
    pub fn definition(&self) -> &ProbeDefinition {
        &self.shared.definition
    }

    /// Where tracers find it.
    pub fn status(&self) -> Status {
        match &self.shared.site {
            Ok(site) => site.installed.status().clone(),
            Err(status) => status.clone(),
        }
    }

    /// How many of its arguments tracers can see, counted from the first: as many as are 12 operands together.
    pub fn described(&self) -> usize {
        match &self.shared.site {
            Ok(site) => site.plan.len(),
            Err(_) => self.shared.definition.args.len(),
        }
    }

    /// The memory that tracers raise while they watch; it lives as long as any clone of the probe.
    ///
    /// The semaphores of probes that were defined together lie side by side, in the order of the definition. A program that
    /// reads it by itself (an interpreter, say, for which a call is expensive) must not write to it, and need not ask
    /// [`is_enabled`](Self::is_enabled) before it fires.
    ///
    /// On systems with DTrace tracers change no memory: there it is always 1, and only `is_enabled` knows more.
    pub fn semaphore(&self) -> &AtomicU16 {
        // SAFETY: it is `NEVER`, or of the memory that `shared` keeps, and nobody but the kernel writes to it.
        unsafe { self.semaphore.as_ref() }
    }

    /// Whether somebody watches. While nobody does, this is one load; on systems with DTrace it is a call besides.
    #[inline]
    pub fn is_enabled(&self) -> bool {
        self.semaphore().load(Ordering::Relaxed) != 0 && self.is_live()
    }

    /// Fires with these arguments, for those that are at hand anyway. They are converted to the declared types as
    /// [`Dynamic`] says; missing ones are 0 or null, and those that were not declared are ignored.
    #[inline]
    pub fn fire(&self, args: impl Arguments) {
        if self.is_enabled() {
            args.with(|values| self.deliver(values));
        }
    }

    /// Fires with what the closure gives. It runs only while somebody watches.
    #[inline]
    pub fn fire_with<A: Arguments>(&self, args: impl FnOnce() -> A) {
        if self.is_enabled() {
            args().with(|values| self.deliver(values));
        }
    }

    /// Fires with values of any number and kind.
    #[inline]
    pub fn fire_values(&self, values: &[Dynamic<'_>]) {
        if self.is_enabled() {
            self.deliver(values);
        }
    }

    #[cold]
    fn is_live(&self) -> bool {
        let is_watched = |site: &Site| site.installed.is_watched(site.index);
        self.shared.live.load(Ordering::Relaxed) && self.shared.site.as_ref().is_ok_and(is_watched)
    }

    pub(super) fn set_live(&self, live: bool) {
        self.shared.live.store(live && self.shared.site.is_ok(), Ordering::Relaxed);
    }

    /// Tracers copy a piece of the stack, from where the probe fires on, and look for its texts there. So what needs no room is
    /// not put behind any: the texts of a caller are on the stack too.
    fn deliver(&self, values: &[Dynamic<'_>]) {
        let Ok(site) = &self.shared.site else { return };
        if site.plan.iter().zip(values).any(|(&(ty, _), &value)| needs_room(ty, value)) {
            site.fire_with_room(values);
        } else {
            site.fire(values, &mut Scratch::new(&mut []));
        }
    }
}

impl Site {
    #[inline(never)]
    fn fire_with_room(&self, values: &[Dynamic<'_>]) {
        let mut room = [MaybeUninit::uninit(); ROOM];
        self.fire(values, &mut Scratch::new(&mut room));
    }

    #[inline(never)]
    fn fire(&self, values: &[Dynamic<'_>], scratch: &mut Scratch<'_>) {
        let mut frame = Frame::new();
        for (i, &(ty, place)) in self.plan.iter().enumerate() {
            let value = values.get(i).copied().unwrap_or(Dynamic::None);
            frame.put(place, lower(ty, value, scratch));
        }
        self.recording.record(&frame);
        self.installed.fire(self.index, &frame);
    }
}

/// Where the operands of each described argument are.
fn plan(definition: &ProbeDefinition, described: usize) -> Vec<(ArgType, usize)> {
    let mut next = 0;
    let place = |ty: ArgType| {
        let first = next;
        next += ty.operands().len();
        (ty, first)
    };
    definition.args[..described].iter().map(|arg| arg.ty).map(place).collect()
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("name", &self.name()).field("status", &self.status()).finish()
    }
}
