//! Memory for a DOF near to the code that it describes.
//!
//! # Safety
//!
//! `unsafe` is here to map memory, whose only owner is a [`Pages`].
#![allow(unsafe_code)]

use std::ptr::{self, NonNull};
use std::slice;

/// Mapped memory, all of it 0 at first.
#[derive(Debug)]
pub(super) struct Pages {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: it owns the memory, as a box would.
unsafe impl Send for Pages {}
// SAFETY: as above.
unsafe impl Sync for Pages {}

impl Pages {
    /// Memory at the first place behind an address that is free, or where the system likes it better. None if there is no
    /// more.
    pub(super) fn near(address: u64, length: usize) -> Option<Pages> {
        let hint = ptr::without_provenance_mut(usize::try_from(address).ok()?);
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON);
        // SAFETY: the address is a wish. Nothing that is mapped is replaced.
        let start = unsafe { libc::mmap(hint, length, protection, flags, -1, 0) };
        let start = (start != libc::MAP_FAILED).then(|| NonNull::new(start.cast())).flatten()?;
        Some(Pages { start, length })
    }

    pub(super) fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: so many bytes are mapped there, readable and writable, and this borrows their only owner.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: they are mapped, and their only owner ends. If it fails they stay.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}
