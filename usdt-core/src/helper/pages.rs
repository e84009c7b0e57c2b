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

/// How far from the address memory may be, in bytes: half of what a distance of 32 bits with a sign can be, so that there is
/// as much left for the code.
const NEAR: u64 = 1 << 30;

impl Pages {
    /// Memory not far from an address. None if there is none.
    ///
    /// A system that finds the wished place taken may give the next one that is free, or one far away. So places at growing
    /// distances are tried.
    pub(super) fn near(address: u64, length: usize) -> Option<Pages> {
        let distances = (16..NEAR.ilog2()).map(|bits| 1 << bits);
        let places = distances
            .flat_map(|distance: u64| [address.checked_add(distance), address.checked_sub(distance)]);
        places.flatten().filter_map(|place| Pages::map(place, length)).find(|pages| pages.is_near(address))
    }

    /// Memory at a place, or where the system likes it better.
    fn map(place: u64, length: usize) -> Option<Pages> {
        const PAGE: u64 = 1 << 16;
        let hint = ptr::without_provenance_mut(usize::try_from(place / PAGE * PAGE).ok()?);
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON);
        // SAFETY: the address is a wish. Nothing that is mapped is replaced.
        let start = unsafe { libc::mmap(hint, length, protection, flags, -1, 0) };
        let start = (start != libc::MAP_FAILED).then(|| NonNull::new(start.cast())).flatten()?;
        Some(Pages { start, length })
    }

    fn is_near(&self, address: u64) -> bool {
        (self.start.addr().get() as u64).abs_diff(address) < NEAR
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
