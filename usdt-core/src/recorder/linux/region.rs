//! The memory of a recorder, as [`format`](crate::recorder::format) says.
//!
//! # Safety
//!
//! `unsafe` is here to map memory and to write to it, from several threads at once. What keeps it sound: it is never unmapped, and
//! all that more than one thread may write is an atomic; the rest of a slot, or of an entry of the table, belongs to the thread that
//! has claimed it with one.
#![allow(unsafe_code)]

use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous};
use rustix::process::{getpid, set_virtual_memory_region_name};

use super::thread;
use crate::recorder::format::{HEADER_SIZE, MAGIC, VERSION, header};

/// The size of the table of probes in bytes: room for about a thousand probes. Pages that nobody has written to cost nothing.
const TABLE: usize = 128 * 1024;

/// The memory of a recorder.
pub(super) struct Region {
    base: NonNull<u8>,
    size: usize,
    pub(super) slot_size: usize,
    /// The number of slots, less one.
    mask: u64,
}

// SAFETY: what is behind the pointer is atomics, and memory that these give to one thread at a time.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Region {
    /// Maps the memory and writes the header. `None` where the sizes are more than there can be.
    pub(super) fn new(slots: usize, slot_size: usize) -> Option<Result<Region, Errno>> {
        let size = slots.checked_mul(slot_size)?.checked_add(HEADER_SIZE + TABLE)?;
        // What a pointer can't count no memory has.
        isize::try_from(size).ok()?;
        Some(map(size).map(|base| {
            let region = Region { base, size, slot_size, mask: slots as u64 - 1 };
            region.write_header();
            region
        }))
    }

    fn write_header(&self) {
        for (at, value) in [
            (header::ADDRESS, self.base.addr().get() as u64),
            (header::SIZE, self.size as u64),
            (header::PROBES, HEADER_SIZE as u64),
            (header::PROBES_SIZE, TABLE as u64),
            (header::SLOTS, (HEADER_SIZE + TABLE) as u64),
            (header::SLOT_SIZE, self.slot_size as u64),
            (header::SLOT_COUNT, self.mask + 1),
            (header::REALTIME, thread::realtime().wrapping_sub(thread::now())),
        ] {
            self.word(at).store(value, Ordering::Relaxed);
        }
        self.half(header::VERSION).store(VERSION, Ordering::Relaxed);
        self.set_process();
        // Last: whoever finds it finds all of the rest.
        let (words, _) = MAGIC.as_chunks::<8>();
        for (i, &word) in words.iter().enumerate() {
            self.word(header::MAGIC + 8 * i).store(u64::from_le_bytes(word), Ordering::Release);
        }
    }

    /// Says that it is this process's, which may be a child of the one that has mapped it.
    pub(super) fn set_process(&self) {
        self.half(header::PID).store(getpid().as_raw_nonzero().get().cast_unsigned(), Ordering::Relaxed);
    }

    /// Gives the memory back but not its addresses: a thread may still be writing. It is all zeroes then, so that nobody takes it for
    /// a recorder's.
    pub(super) fn discard(&self) {
        // SAFETY: the range is this region, whose content nobody needs: whatever is read of it may be 0.
        let _ = unsafe { madvise(self.base.as_ptr().cast(), self.size, Advice::LinuxDontNeed) };
    }

    /// A word of 8 bytes.
    #[inline]
    pub(super) fn word(&self, at: usize) -> &AtomicU64 {
        debug_assert!(at.is_multiple_of(8) && at + 8 <= self.size);
        // SAFETY: it is within the mapping, aligned, and only ever used as this atomic.
        unsafe { self.base.byte_add(at).cast().as_ref() }
    }

    /// A word of 4 bytes.
    #[inline]
    pub(super) fn half(&self, at: usize) -> &AtomicU32 {
        debug_assert!(at.is_multiple_of(4) && at + 4 <= self.size);
        // SAFETY: as above.
        unsafe { self.base.byte_add(at).cast().as_ref() }
    }

    /// Where the slot of a firing is.
    #[inline]
    pub(super) fn slot(&self, firing: u64) -> usize {
        // Less than the number of slots, which is a `usize`.
        #[allow(clippy::cast_possible_truncation)]
        let index = (firing & self.mask) as usize;
        HEADER_SIZE + TABLE + index * self.slot_size
    }

    /// Where the table is, and its size in bytes.
    pub(super) const fn table(&self) -> (usize, usize) {
        (HEADER_SIZE, TABLE)
    }

    /// Bytes of which nobody has a reference.
    ///
    /// # Safety
    ///
    /// The caller has claimed them, and for as long as the slice lives nobody else has.
    #[inline]
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn claimed(&self, at: usize, len: usize) -> &mut [u8] {
        debug_assert!(at + len <= self.size);
        // SAFETY: within the mapping; nobody else has it, as the caller says.
        unsafe { std::slice::from_raw_parts_mut(self.base.byte_add(at).as_ptr(), len) }
    }
}

fn map(size: usize) -> Result<NonNull<u8>, Errno> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    // SAFETY: the kernel chooses a free range.
    let base = unsafe { mmap_anonymous(ptr::null_mut(), size, ProtFlags::READ | ProtFlags::WRITE, flags)? };
    // Whole in core dumps, whatever a process has advised for the rest of its memory; it is so by default.
    // SAFETY: this changes what is dumped and nothing else.
    let _ = unsafe { madvise(base, size, Advice::LinuxDoDump) };
    // SAFETY: it was mapped just now, is zeroes, and nobody else knows of it.
    let bytes = unsafe { std::slice::from_raw_parts(base.cast::<u8>(), size) };
    // A name in the list of mappings, for people. Older kernels have none.
    let _ = set_virtual_memory_region_name(bytes, Some(c"usdt-probes-rec"));
    NonNull::new(base.cast()).ok_or(Errno::NOMEM)
}
