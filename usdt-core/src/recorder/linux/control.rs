//! Starting and stopping, and whose semaphores are raised meanwhile.
//!
//! # Safety
//!
//! `unsafe` is here to read the running recorder through a pointer, and to write to semaphores.
#![allow(unsafe_code)]

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::region::Region;
use super::semaphores::mark;
use super::static_semaphores::records;
use super::thread;
use crate::recorder::{Error, Options, Recorded as _};

/// A recorder that runs, or did. It is never freed, since a thread may still be recording: a few words for each start.
pub(super) struct Running {
    /// The how-manieth it is: ids of probes are of one recorder.
    pub(super) number: u32,
    pub(super) region: Region,
    pub(super) options: Options,
    /// How many bytes of a text are kept.
    pub(super) text: usize,
}

/// The recorder that runs, for firings.
pub(super) struct Current(AtomicPtr<Running>);

pub(super) static RUNNING: Current = Current(AtomicPtr::new(ptr::null_mut()));

impl Current {
    #[inline]
    pub(super) fn get(&self) -> Option<&'static Running> {
        let running = self.0.load(Ordering::Acquire);
        // SAFETY: null, or from `Box::leak`.
        unsafe { running.as_ref() }
    }

    fn set(&self, running: Option<&'static Running>) {
        self.0.store(running.map_or(ptr::null_mut(), |it| ptr::from_ref(it).cast_mut()), Ordering::Release);
    }
}

/// What starting and stopping have to know; a firing never looks at it.
struct Control {
    /// The last recorder, which may still run.
    last: Option<&'static Running>,
    images: Vec<MappedImage>,
}

static CONTROL: Mutex<Control> = Mutex::new(Control { last: None, images: Vec::new() });

/// Nothing that runs under the lock can leave it half changed.
fn control() -> MutexGuard<'static, Control> {
    CONTROL.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(in crate::recorder) fn start(options: Options) -> Result<(), Error> {
    let mut control = control();
    if RUNNING.get().is_some() {
        return Err(Error::AlreadyStarted);
    }
    let region = options.slots().and_then(|slots| Region::new(slots, options.slot_size()));
    let region = region.ok_or(Error::TooLarge)?.map_err(|errno| Error::Memory(errno.into()))?;
    thread::prepare();
    if let Some(last) = control.last {
        last.region.discard();
    }
    let number = control.last.map_or(1, |last| last.number.wrapping_add(1));
    let text = options.text_limit();
    let running: &'static Running = Box::leak(Box::new(Running { number, region, options, text }));
    control.last = Some(running);
    RUNNING.set(Some(running));
    control.mark_all(running, true);
    Ok(())
}

pub(in crate::recorder) fn stop() {
    let control = control();
    if let Some(running) = RUNNING.get() {
        control.mark_all(running, false);
        RUNNING.set(None);
    }
}

pub(in crate::recorder) fn refresh() {
    let control = control();
    if let Some(last) = control.last {
        control.mark_all(last, RUNNING.get().is_some());
    }
}

pub(in crate::recorder) fn is_running() -> bool {
    RUNNING.get().is_some()
}

impl Control {
    /// Raises or lowers what the recorder selects.
    fn mark_all(&self, running: &Running, recorded: bool) {
        for image in self.images.iter().filter(|image| running.options.selects(&image.provider)) {
            image.mark(recorded);
        }
        for record in records() {
            if record.probe.is_some_and(|probe| running.options.selects(probe.provider())) {
                // SAFETY: the semaphore is in the same file as the record, which stays mapped as long as this code does.
                unsafe { mark(record.semaphore, recorded) };
            }
        }
    }
}

/// The semaphores of providers that were defined at run time, side by side in the memory of their image.
struct MappedImage {
    provider: String,
    semaphores: usize,
    probes: usize,
    /// Equal definitions share an image.
    #[cfg_attr(not(feature = "runtime"), allow(dead_code))]
    users: usize,
}

impl MappedImage {
    fn mark(&self, recorded: bool) {
        for i in 0..self.probes {
            // SAFETY: the image is mapped until its last user has said that it is not.
            unsafe { mark(self.semaphores + 2 * i, recorded) };
        }
    }
}

/// An image was mapped, or has one more user. Its first semaphore is at this address, which stays mapped until
/// [`image_unmapped`].
#[cfg(feature = "runtime")]
pub(crate) fn image_mapped(provider: &str, semaphores: usize, probes: usize) {
    if probes == 0 {
        return;
    }
    let mut control = control();
    if let Some(known) = control.images.iter_mut().find(|image| image.semaphores == semaphores) {
        known.users += 1;
        return;
    }
    let image = MappedImage { provider: provider.to_owned(), semaphores, probes, users: 1 };
    if RUNNING.get().is_some_and(|running| running.options.selects(&image.provider)) {
        image.mark(true);
    }
    control.images.push(image);
}

/// An image has one user less. The last one lowers the semaphores: another copy of this library may have the image mapped.
#[cfg(feature = "runtime")]
pub(crate) fn image_unmapped(semaphores: usize) {
    let mut control = control();
    let Some(place) = control.images.iter().position(|image| image.semaphores == semaphores) else { return };
    control.images[place].users -= 1;
    if control.images[place].users == 0 {
        let image = control.images.swap_remove(place);
        if RUNNING.get().is_some_and(|running| running.options.selects(&image.provider)) {
            image.mark(false);
        }
    }
}
