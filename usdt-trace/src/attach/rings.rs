//! The buffers that the kernel writes samples into: one for each processor, shared by all events there.
//!
//! # Safety
//!
//! `unsafe` is here for an `ioctl` that `perf-event2` doesn't have, and to lend file descriptors to `poll`.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::time::Duration;

use perf_event::events::Software;
use perf_event::{Builder, Counter, Sampler};
use perf_event_open_sys::{bindings, ioctls};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::AttachError;
use super::kernel::Kernel;
use super::uprobe::{Opened, monotonic};

/// The smallest buffer worth having.
const LEAST: usize = 64 << 10;
/// A ring wakes its reader when it is this part full.
const WAKE_AT: usize = 4;

/// The rings of all processors.
pub(super) struct Rings {
    rings: Vec<Ring>,
}

struct Ring {
    processor: u32,
    /// The event that owns the buffer; it counts nothing.
    owner: Sampler,
    /// Bytes.
    size: usize,
}

impl Rings {
    /// Makes a ring of `size` bytes, rounded up to a power of two of pages, for each processor.
    pub(super) fn new(kernel: &Kernel, size: usize) -> Result<Rings, AttachError> {
        let rings = kernel.processors.iter().map(|&processor| Ring::new(processor, size));
        Ok(Rings { rings: rings.collect::<Result<_, _>>()? })
    }

    /// Sends an event's samples to the ring of its processor.
    pub(super) fn receive(&self, event: &Opened) -> Result<(), AttachError> {
        let ring = self.rings.iter().find(|ring| ring.processor == event.processor);
        let ring = ring.ok_or(io::Error::from(io::ErrorKind::NotFound));
        ring.and_then(|ring| redirect(&event.counter, &ring.owner))
            .map_err(AttachError::io("joining an event to a buffer"))
    }

    /// Gives each sample that is there now to `each`, ring after ring.
    pub(super) fn drain(&mut self, mut each: impl FnMut(&[u8])) {
        for Ring { owner, size, .. } in &mut self.rings {
            // What comes while this reads must not keep it here for ever.
            let mut left = *size;
            while left > 0
                && let Some(record) = owner.next_record()
            {
                /// The kind, flags and size of a record.
                const HEADER: usize = 8;
                left = left.saturating_sub(record.len() + HEADER);
                if record.ty() == bindings::PERF_RECORD_SAMPLE {
                    match record.data() {
                        [whole] => each(whole),
                        _ => each(&record.to_vec()),
                    }
                }
            }
        }
    }

    /// Waits until a ring has filled up to where it wakes its reader, at most for this long.
    pub(super) fn wait(&self, timeout: Duration) -> Result<(), AttachError> {
        // SAFETY: the descriptors are those of `self`, which is borrowed for as long as they are used.
        let fds = self.rings.iter().map(|ring| unsafe { BorrowedFd::borrow_raw(ring.owner.as_raw_fd()) });
        let fds: Vec<_> = fds.collect();
        let mut fds: Vec<PollFd<'_>> = fds.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        let timeout = Timespec::try_from(timeout).ok();
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(AttachError::io("waiting for samples")(error.into())),
        }
    }
}

impl Ring {
    /// Without CAP_IPC_LOCK the kernel allows less memory than may be asked for: it is halved until it is allowed.
    fn new(processor: u32, size: usize) -> Result<Ring, AttachError> {
        let mut size = size.max(1).checked_next_power_of_two().unwrap_or(1 << 30);
        loop {
            match Ring::of(processor, size) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied && size / 2 >= LEAST => {
                    size /= 2
                }
                other => return other.map_err(AttachError::io("making a buffer for samples")),
            }
        }
    }

    fn of(processor: u32, size: usize) -> io::Result<Ring> {
        let mut builder = Builder::new(Software::DUMMY);
        builder.any_pid().one_cpu(processor as usize).wakeup_watermark(size / WAKE_AT);
        monotonic(builder.attrs_mut());
        let owner = builder.build()?.sampled(size)?;
        Ok(Ring { processor, owner, size })
    }
}

/// Lets an event write into the buffer of another.
fn redirect(event: &Counter, owner: &Sampler) -> io::Result<()> {
    // SAFETY: the call only reads its two arguments; both descriptors are open as long as the borrows.
    match unsafe { ioctls::SET_OUTPUT(event.as_raw_fd(), owner.as_raw_fd()) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
