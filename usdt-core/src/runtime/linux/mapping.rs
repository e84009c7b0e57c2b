//! An image in this process's memory.
//!
//! # Safety
//!
//! `unsafe` is here to map files and to run what is in them. What keeps it sound:
//!
//! * A mapping is made at an address that the kernel has chosen and that a reservation holds, so it covers nothing else.
//! * Its content was compared with what this library has made, byte by byte, in a file that only this user may write.
//! * Whoever uses it is counted in the image's own memory, under a lock of the process; the last one unmaps it.
#![allow(unsafe_code)]

use std::os::fd::BorrowedFd;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};

use super::process::{self, Lock};
use crate::stapsdt::image::{Image, Place};
use crate::value::plan::Frame;

/// The image, mapped once in this process, however many of these there are.
pub(super) struct Mapping {
    base: NonNull<u8>,
    len: usize,
    users: Place,
}

// SAFETY: what is behind the pointer is code, which nobody writes, and atomics.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

/// A stub, as it is called: it takes every operand that there can be.
type Stub = unsafe extern "C" fn(u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64);

impl Mapping {
    /// Maps the image that is in the file, or finds where it is mapped already.
    pub(super) fn new(file: BorrowedFd<'_>, image: &Image) -> Result<Mapping, Errno> {
        let _lock = Lock::take();
        let base = match process::find(file, image.data.start) {
            Some(address) => NonNull::new(ptr::with_exposed_provenance_mut(address)).ok_or(Errno::FAULT)?,
            None => map(file, image)?,
        };
        let mapping = Mapping { base, len: image.data.end, users: image.users };
        mapping.users().fetch_add(1, Ordering::Relaxed);
        Ok(mapping)
    }

    /// How many of these there are in this process, those of other copies of this library included.
    fn users(&self) -> &AtomicU32 {
        // SAFETY: the image has an aligned word there, which is mapped readable and writable.
        unsafe { self.base.byte_add(self.users.offset()).cast().as_ref() }
    }

    /// The semaphore at this place of the image.
    pub(super) fn semaphore(&self, at: Place) -> &AtomicU16 {
        debug_assert!(at.offset() + 2 <= self.users.offset() && at.offset().is_multiple_of(2));
        // SAFETY: the image has an aligned semaphore there, in memory that is mapped as long as this lives. Nobody writes to
        // it but the kernel, which writes whole words.
        unsafe { self.base.byte_add(at.offset()).cast().as_ref() }
    }

    /// Runs the stub at this place of the image.
    pub(super) fn fire(&self, stub: Place, frame: &Frame) {
        // SAFETY: the image has a stub there, in memory that is mapped executable as long as this lives. It is a function of
        // the C ABI with these parameters and does nothing.
        unsafe {
            let stub: Stub = std::mem::transmute(self.base.byte_add(stub.offset()));
            stub(
                frame.get(0),
                frame.get(1),
                frame.get(2),
                frame.get(3),
                frame.get(4),
                frame.get(5),
                frame.get(6),
                frame.get(7),
                frame.get(8),
                frame.get(9),
                frame.get(10),
                frame.get(11),
            );
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let _lock = Lock::take();
        if self.users().fetch_sub(1, Ordering::Relaxed) == 1 {
            // SAFETY: this was the last user, and the lock keeps others from becoming one. References to the memory have
            // ended: they borrow from a `Mapping`.
            let unmapped = unsafe { munmap(self.base.as_ptr().cast(), self.len) };
            debug_assert_eq!(unmapped, Ok(()));
        }
    }
}

/// Maps the code readable and executable, and the data as a private copy. Until the code is mapped no tracer looks for the
/// semaphores; then they are there to be raised.
fn map(file: BorrowedFd<'_>, image: &Image) -> Result<NonNull<u8>, Errno> {
    let len = image.data.end;
    let read_write = ProtFlags::READ | ProtFlags::WRITE;
    let read_execute = ProtFlags::READ | ProtFlags::EXEC;
    let fixed = MapFlags::PRIVATE | MapFlags::FIXED;
    // SAFETY: the kernel chooses a free range for the reservation, and the two mappings replace parts of it.
    unsafe {
        let base = mmap_anonymous(
            ptr::null_mut(),
            len,
            ProtFlags::empty(),
            MapFlags::PRIVATE | MapFlags::NORESERVE,
        )?;
        let data = base.byte_add(image.data.start);
        let mapped = mmap(data, image.data.len(), read_write, fixed, file, image.data.start as u64)
            .and_then(|_| mmap(base, image.code.len(), read_execute, fixed, file, 0));
        if let Err(errno) = mapped {
            let _ = munmap(base, len);
            return Err(errno);
        }
        base.expose_provenance();
        NonNull::new(base.cast()).ok_or(Errno::FAULT)
    }
}
