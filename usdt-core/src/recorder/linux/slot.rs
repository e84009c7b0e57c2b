//! One firing → its slot.
//!
//! # Safety
//!
//! `unsafe` is here to write to a slot that this thread has claimed, and to read the texts of a firing at their addresses: they are
//! those that a tracer reads, and are valid until the firing is over.
#![allow(unsafe_code)]

use std::sync::atomic::{Ordering, fence};

use super::control::Running;
use super::thread;
use crate::model::ArgType;
use crate::recorder::Recorded;
use crate::recorder::format::{CUT, NOTHING, header, slot};
use crate::value::plan::Frame;

/// Writes a firing into the next slot, unless another thread is still writing there.
pub(super) fn write(running: &Running, id: u32, probe: &impl Recorded, frame: &Frame) {
    let region = &running.region;
    let thread = thread::id(region);
    let firing = region.word(header::NEXT).fetch_add(1, Ordering::Relaxed);
    let at = region.slot(firing);
    let sequence = region.word(at + slot::SEQUENCE);
    let complete = 2 * firing + 2;
    let before = sequence.load(Ordering::Relaxed);
    // Odd while somebody writes; larger where this thread was overtaken by a whole ring.
    let is_free = before.is_multiple_of(2) && before < complete;
    if !is_free
        || sequence.compare_exchange(before, complete - 1, Ordering::Acquire, Ordering::Relaxed).is_err()
    {
        region.word(header::DROPPED).fetch_add(1, Ordering::Relaxed);
        return;
    }
    // What follows is not seen before the odd number is.
    fence(Ordering::Release);
    region.word(at + slot::TIME).store(thread::now(), Ordering::Relaxed);
    region.half(at + slot::THREAD).store(thread, Ordering::Relaxed);
    region.half(at + slot::PROBE).store(id, Ordering::Relaxed);
    // SAFETY: the exchange gave the slot to this thread, until it stores the sequence.
    let room = unsafe { region.claimed(at + slot::VALUES, region.slot_size - slot::VALUES) };
    let mut values = Values { room, used: 0, text: running.text };
    let count = values.put_all(probe, frame);
    let counts = count | values.used << 16;
    // Both are 16 bits: a slot is no larger than 32 KiB.
    #[allow(clippy::cast_possible_truncation)]
    region.half(at + slot::ARGUMENTS).store(counts as u32, Ordering::Relaxed);
    sequence.store(complete, Ordering::Release);
}

/// The arguments of a slot, as far as they fit.
struct Values<'a> {
    room: &'a mut [u8],
    used: usize,
    /// How many bytes of a text are kept.
    text: usize,
}

impl Values<'_> {
    /// Writes the arguments in order and says how many have fit.
    fn put_all(&mut self, probe: &impl Recorded, frame: &Frame) -> usize {
        let (mut index, mut place) = (0, 0);
        while let Some(ty) = probe.ty(index) {
            if !self.put(ty, frame, place) {
                break;
            }
            place += ty.operands().len();
            index += 1;
        }
        index
    }

    fn put(&mut self, ty: ArgType, frame: &Frame, place: usize) -> bool {
        let first = frame.get(place);
        match ty {
            ArgType::Str | ArgType::CStr | ArgType::Json | ArgType::JsonResult => self.put_text(first, None),
            ArgType::Bytes => self.put_text(first, Some(frame.get(place + 1))),
            _ => ty.operands().iter().enumerate().all(|(i, _)| self.put_word(frame.get(place + i))),
        }
    }

    /// What is left, if it is so much.
    fn next(&mut self, len: usize) -> Option<&mut [u8]> {
        let next = self.room.get_mut(self.used..)?.get_mut(..len)?;
        self.used += len;
        Some(next)
    }

    fn put_word(&mut self, word: u64) -> bool {
        self.next(8).is_some_and(|room| {
            room.copy_from_slice(&word.to_le_bytes());
            true
        })
    }

    /// Text at an address: of a length, or up to a NUL byte. It is cut to the limit, and to what is left.
    #[allow(clippy::cast_possible_truncation)]
    fn put_text(&mut self, address: u64, len: Option<u64>) -> bool {
        let Some(left) = (self.room.len() - self.used).checked_sub(4) else { return false };
        let limit = self.text.min(left);
        let (kept, flags) = match (address, len) {
            (0, _) => (0, NOTHING),
            (_, Some(len)) if len > limit as u64 => (limit, CUT),
            (_, Some(len)) => (len as usize, 0),
            (_, None) => measure(address, limit),
        };
        // The size of a slot is a multiple of 8, and so is what is taken of it.
        let Some(room) = self.next((4 + kept).next_multiple_of(8)) else { return false };
        room[..2].copy_from_slice(&(kept as u16).to_le_bytes());
        room[2..4].copy_from_slice(&flags.to_le_bytes());
        if kept > 0 {
            let text = std::ptr::with_exposed_provenance::<u8>(address as usize);
            // SAFETY: so many bytes are there, as the type of the argument says, or as was measured; the room is memory of its own.
            unsafe { text.copy_to_nonoverlapping(room[4..].as_mut_ptr(), kept) };
        }
        room[4 + kept..].fill(0);
        true
    }
}

/// The length of a text, and whether there is more of it than the limit. It isn't cut within a character.
#[allow(clippy::cast_possible_truncation)]
fn measure(address: u64, limit: usize) -> (usize, u16) {
    let text = std::ptr::with_exposed_provenance::<u8>(address as usize);
    // SAFETY: it ends with a NUL byte, and nothing behind that is read.
    let byte = |at: usize| unsafe { text.add(at).read() };
    match (0..=limit).find(|&at| byte(at) == 0) {
        Some(len) => (len, 0),
        None => {
            // Bytes of 10xxxxxx go on with a character; of UTF-8 there are three at most.
            let start = (limit.saturating_sub(3)..=limit).rev().find(|&at| byte(at) & 0xC0 != 0x80);
            (start.unwrap_or(limit), CUT)
        }
    }
}
