//! Where a firing keeps the text that it shows to a tracer.
//!
//! # Safety
//!
//! `unsafe` is here to copy text into memory that is not initialised first: clearing 528 bytes at each firing would cost
//! more than the copy.
#![allow(unsafe_code)]

#[cfg(feature = "std")]
use core::mem::ManuallyDrop;
use core::mem::MaybeUninit;

use crate::model::MAX_OPERANDS;

/// The bytes of text that one firing carries without allocating, all its strings together.
pub const INLINE_TEXT: usize = 512;

/// The size of the room on the stack: the text, and a NUL byte for each argument; in whole words.
pub const ROOM: usize = INLINE_TEXT + MAX_OPERANDS.next_multiple_of(8);

/// The memory of one firing's text: a room on the stack, then the heap.
///
/// What it hands out lives as long as the `Scratch` and the room do: until the firing is over.
#[derive(Debug)]
pub struct Scratch<'room> {
    room: &'room mut [MaybeUninit<u8>],
    used: usize,
    #[cfg(feature = "std")]
    spilled: ManuallyDrop<Vec<Vec<u8>>>,
}

/// By hand, so that a firing without long text pays one comparison.
#[cfg(feature = "std")]
impl Drop for Scratch<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        #[cold]
        #[inline(never)]
        fn free(spilled: &mut ManuallyDrop<Vec<Vec<u8>>>) {
            drop(std::mem::take(&mut **spilled));
        }
        // Without capacity there is nothing to free.
        if self.spilled.capacity() > 0 {
            free(&mut self.spilled);
        }
    }
}

impl<'room> Scratch<'room> {
    /// An empty scratch over the room.
    #[inline]
    pub fn new(room: &'room mut [MaybeUninit<u8>]) -> Self {
        Scratch {
            room,
            used: 0,
            #[cfg(feature = "std")]
            spilled: ManuallyDrop::new(Vec::new()),
        }
    }

    /// Copies the text, adds a NUL byte, and gives the address.
    ///
    /// Text that doesn't fit the room goes to the heap. Where there is no heap (or none left) it is cut to what is left of
    /// the room, at the start of a UTF-8 character.
    #[inline]
    pub fn text(&mut self, text: &[u8]) -> u64 {
        if text.len() < self.left() {
            return self.place(text);
        }
        self.long_text(text)
    }

    /// Hides from the compiler whether text went to the heap. It would write the code behind twice, once for each case, and
    /// with it the firing and its notes.
    #[inline(always)]
    pub fn settle(&mut self) {
        if !self.room.is_empty() {
            core::hint::black_box(self);
        }
    }

    fn left(&self) -> usize {
        self.room.len() - self.used
    }

    /// Copies text that fits.
    #[inline]
    fn place(&mut self, text: &[u8]) -> u64 {
        let room = &mut self.room[self.used..][..text.len() + 1];
        let start = room.as_mut_ptr().cast::<u8>();
        // SAFETY: `room` is ours alone and one byte longer than `text`, as the line above has checked.
        unsafe {
            core::ptr::copy_nonoverlapping(text.as_ptr(), start, text.len());
            start.add(text.len()).write(0);
        }
        self.used += text.len() + 1;
        start.expose_provenance() as u64
    }

    #[cold]
    fn long_text(&mut self, text: &[u8]) -> u64 {
        #[cfg(feature = "std")]
        {
            let mut copy = Vec::new();
            if copy.try_reserve_exact(text.len() + 1).is_ok() {
                copy.extend_from_slice(text);
                return self.keep(copy);
            }
        }
        if self.left() == 0 {
            return c"".as_ptr().expose_provenance() as u64;
        }
        self.place(&text[..char_start(text, self.left() - 1)])
    }

    /// Keeps text of the heap until the firing is over; it has room for one more byte, or is given it.
    #[cfg(feature = "std")]
    pub(crate) fn keep(&mut self, mut text: Vec<u8>) -> u64 {
        text.push(0);
        let address = text.as_ptr().expose_provenance() as u64;
        self.spilled.push(text);
        address
    }

    /// What is left of the room. The caller says with [`take`](Self::take) how much of it has become text.
    #[cfg(feature = "json")]
    pub(crate) fn rest(&mut self) -> &mut [MaybeUninit<u8>] {
        &mut self.room[self.used..]
    }

    /// Takes the first `len` bytes of the rest, which the caller has filled, and gives their address.
    #[cfg(feature = "json")]
    pub(crate) fn take(&mut self, len: usize) -> u64 {
        let address = self.room[self.used..][..len].as_ptr().expose_provenance() as u64;
        self.used += len;
        address
    }
}

/// The last place at or before `at` where a UTF-8 character starts; for text that isn't UTF-8, `at` or up to 3 less.
pub(crate) fn char_start(text: &[u8], at: usize) -> usize {
    let mut start = at;
    while start > 0 && at - start < 3 && text.get(start).is_some_and(|b| b & 0xC0 == 0x80) {
        start -= 1;
    }
    start
}

#[cfg(test)]
// What was handed out is an address of this machine.
#[allow(clippy::cast_possible_truncation)]
mod tests {
    use super::*;
    use core::ffi::CStr;

    fn read(address: u64) -> String {
        let pointer = core::ptr::with_exposed_provenance::<core::ffi::c_char>(address as usize);
        // SAFETY: every address in these tests is one that a live scratch has handed out, NUL-terminated.
        unsafe { CStr::from_ptr(pointer) }.to_str().unwrap().to_owned()
    }

    #[test]
    fn text_of_512_bytes_stays_in_the_room() {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let within = room.as_ptr_range();
        let mut scratch = Scratch::new(&mut room);
        let parts: Vec<String> = (0..12).map(|i| "x".repeat(if i == 0 { 512 - 11 } else { 1 })).collect();
        let addresses: Vec<u64> = parts.iter().map(|p| scratch.text(p.as_bytes())).collect();
        assert!(scratch.spilled.is_empty());
        for (part, address) in parts.iter().zip(addresses) {
            assert!((within.start as u64..within.end as u64).contains(&address));
            assert_eq!(&read(address), part);
        }
    }

    #[test]
    fn longer_text_goes_to_the_heap_whole() {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let mut scratch = Scratch::new(&mut room);
        let long = "ä".repeat(50_000);
        let short = scratch.text(b"short");
        let address = scratch.text(long.as_bytes());
        let after = scratch.text(b"after");
        assert_eq!(scratch.spilled.len(), 1);
        assert_eq!(read(address), long);
        assert_eq!(read(short), "short");
        assert_eq!(read(after), "after");
    }

    #[test]
    fn a_cut_falls_between_characters() {
        let text = "aä€😀".as_bytes();
        let cuts: Vec<usize> = (0..text.len()).map(|at| char_start(text, at)).collect();
        assert_eq!(cuts, [0, 1, 1, 3, 3, 3, 6, 6, 6, 6]);
        assert_eq!(char_start(&[0x80; 10], 9), 6);
    }
}
