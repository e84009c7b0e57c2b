//! Who fires, and when.
//!
//! # Safety
//!
//! `unsafe` is here for a page that a child finds empty after a fork.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous};
use rustix::thread::gettid;
use rustix::time::{ClockId, Timespec, clock_gettime};

use super::region::Region;

/// Nanoseconds of the monotonic clock.
#[inline]
pub(super) fn now() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

/// Nanoseconds since 1970.
pub(super) fn realtime() -> u64 {
    nanoseconds(clock_gettime(ClockId::Realtime))
}

/// Good until the year 2554.
fn nanoseconds(time: Timespec) -> u64 {
    time.tv_sec.cast_unsigned().wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec.cast_unsigned())
}

/// How many forks this process is away from the one that has started the recorder, plus 1; 0 after a fork that nobody has noticed
/// yet. It is on a page that the kernel empties in a child: asking for the process's id at each firing would be a system call.
static EPOCH: OnceLock<&'static AtomicU32> = OnceLock::new();
/// The last epoch there was. A child has it too.
static LAST: AtomicU32 = AtomicU32::new(0);

/// Makes the page. Without it (before Linux 4.14) a child's first thread goes by the id of the one that has forked.
pub(super) fn prepare() {
    EPOCH.get_or_init(|| {
        static FALLBACK: AtomicU32 = AtomicU32::new(0);
        let epoch = wiped_on_fork().unwrap_or(&FALLBACK);
        begin(epoch);
        epoch
    });
}

fn wiped_on_fork() -> Option<&'static AtomicU32> {
    let len = rustix::param::page_size();
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: the kernel chooses a free range, which is never unmapped; it is zeroes, now and after a fork.
    unsafe {
        let page = mmap_anonymous(std::ptr::null_mut(), len, protection, MapFlags::PRIVATE).ok()?;
        madvise(page, len, Advice::LinuxWipeOnFork).ok()?;
        page.cast::<AtomicU32>().as_ref()
    }
}

fn begin(epoch: &AtomicU32) -> u32 {
    let next = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    epoch.store(next, Ordering::Relaxed);
    next
}

/// The id of this thread.
#[inline]
pub(super) fn id(region: &Region) -> u32 {
    thread_local! {
        /// The epoch in which the thread has asked for its id, and the id.
        static ID: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
    }
    let epoch = EPOCH.get().map_or(0, |epoch| epoch.load(Ordering::Relaxed));
    let (asked, id) = ID.get();
    if asked == epoch && epoch != 0 { id } else { ask(region, epoch, &ID) }
}

#[cold]
fn ask(region: &Region, mut epoch: u32, cached: &'static std::thread::LocalKey<Cell<(u32, u32)>>) -> u32 {
    if let (0, Some(page)) = (epoch, EPOCH.get()) {
        // A child: the memory is a copy.
        region.set_process();
        epoch = begin(page);
    }
    let id = gettid().as_raw_nonzero().get().cast_unsigned();
    cached.set((epoch, id));
    id
}
