//! Which id a probe has.
//!
//! # Safety
//!
//! `unsafe` is here to write an entry into memory that this thread has claimed.
#![allow(unsafe_code)]

use std::sync::atomic::Ordering;

use super::control::Running;
use super::region::Region;
use crate::recorder::Recorded;
use crate::recorder::format::header;

/// Whether, and by what id, a probe is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Its provider is not to be recorded. (A tracer has raised its semaphore.)
    Unselected,
    /// It has this id.
    Known(u32),
}

/// In the place of an id: the probe is not to be recorded.
const UNSELECTED: u32 = u32::MAX;

impl Place {
    /// The number of the recorder, above the id.
    fn pack(self, recorder: u32) -> u64 {
        let id = match self {
            Place::Unselected => UNSELECTED,
            Place::Known(id) => id,
        };
        u64::from(recorder) << 32 | u64::from(id)
    }

    /// What was packed for this recorder.
    #[allow(clippy::cast_possible_truncation)]
    fn unpack(packed: u64, recorder: u32) -> Option<Place> {
        let id = packed as u32;
        let place = if id == UNSELECTED { Place::Unselected } else { Place::Known(id) };
        ((packed >> 32) as u32 == recorder).then_some(place)
    }
}

/// What the probe is to this recorder.
#[inline]
pub(super) fn place(running: &Running, probe: &impl Recorded) -> Place {
    // A relaxed load will do: nothing is read of the entry but by whoever reads all of the memory.
    let packed = probe.id().0.load(Ordering::Relaxed);
    Place::unpack(packed, running.number).unwrap_or_else(|| introduce(running, probe))
}

/// Two threads that fire a probe for the first time at once may both do this. The table then has two entries, which say the same;
/// waiting for each other would be a deadlock in a signal handler.
#[cold]
fn introduce(running: &Running, probe: &impl Recorded) -> Place {
    let selected = running.options.selects(probe.provider());
    let place = if selected { Place::Known(enter(&running.region, probe)) } else { Place::Unselected };
    probe.id().0.store(place.pack(running.number), Ordering::Relaxed);
    place
}

/// Writes an entry and gives its id; 0 if there is no room.
fn enter(region: &Region, probe: &impl Recorded) -> u32 {
    let mut counted = Counted(0);
    write(probe, &mut counted);
    let size = (8 + counted.0).next_multiple_of(8);
    let (start, room) = region.table();
    let claim = |used: u64| used.checked_add(size as u64).filter(|&end| end <= room as u64);
    let used = region.word(header::PROBES_USED);
    let Ok(offset) = used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, claim) else { return 0 };
    // Both are less than the size of the table.
    #[allow(clippy::cast_possible_truncation)]
    let (offset, size_field) = (offset as usize, size as u32);
    let at = start + offset;
    region.half(at + 4).store(arguments(probe), Ordering::Relaxed);
    // SAFETY: the addition above gave these bytes to this thread alone; the two fields before them are left out.
    write(probe, &mut Written(unsafe { region.claimed(at + 8, counted.0) }));
    region.half(at).store(size_field, Ordering::Release);
    #[allow(clippy::cast_possible_truncation)]
    let id = (offset / 8 + 1) as u32;
    id
}

fn arguments(probe: &impl Recorded) -> u32 {
    (0..).find(|&i| probe.ty(i as usize).is_none()).unwrap_or(0)
}

/// The texts of an entry, in order.
fn write(probe: &impl Recorded, out: &mut impl Sink) {
    out.put(probe.provider().as_bytes());
    out.put(&[0]);
    for &byte in probe.probe().as_bytes() {
        out.put(if byte == b'-' { b"__" } else { std::slice::from_ref(&byte) });
    }
    out.put(&[0]);
    for i in 0.. {
        let Some(ty) = probe.ty(i) else { break };
        out.put(&[ty as u8]);
        out.put(probe.name(i).as_bytes());
        out.put(&[0]);
    }
}

/// Where the texts go. (A `Vec` would allocate, within a firing.)
trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

struct Counted(usize);

impl Sink for Counted {
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
}

struct Written<'a>(&'a mut [u8]);

impl Sink for Written<'_> {
    fn put(&mut self, bytes: &[u8]) {
        let (now, later) = std::mem::take(&mut self.0).split_at_mut(bytes.len());
        now.copy_from_slice(bytes);
        self.0 = later;
    }
}
