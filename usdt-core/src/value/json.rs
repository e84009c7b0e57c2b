//! Arguments of any type that `serde` can serialise.
//!
//! # Safety
//!
//! `unsafe` is here to write into the firing's room, which is not initialised first.
#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;

use serde::Serialize;

use super::Scratch;
use super::scratch::char_start;

/// The most bytes of JSON that one argument carries. Longer text is cut here, at the start of a character, and is then no
/// longer valid JSON.
pub const JSON_LIMIT: usize = 64 * 1024;

/// Writes `{"ok": value}`, or `{"err": "message"}` where the value refuses to be serialised.
pub(crate) fn result(value: &(impl Serialize + ?Sized), scratch: &mut Scratch<'_>) -> u64 {
    write(scratch, |sink| {
        sink.put(b"{\"ok\":")?;
        serde_json::to_writer(&mut *sink, value)?;
        sink.put(b"}")
    })
}

/// Writes the value alone, or `{"err": "message"}` where it refuses to be serialised.
pub(crate) fn plain(value: &(impl Serialize + ?Sized), scratch: &mut Scratch<'_>) -> u64 {
    write(scratch, |sink| Ok(serde_json::to_writer(sink, value)?))
}

fn write(scratch: &mut Scratch<'_>, fill: impl FnOnce(&mut Sink<'_>) -> Result<(), Stop>) -> u64 {
    let room = scratch.rest();
    let mut sink = Sink { end: room.len(), room, used: 0, heap: Vec::new() };
    if let Err(Stop::Refused(error)) = fill(&mut sink) {
        sink.used = 0;
        sink.end = sink.room.len();
        sink.heap.clear();
        // Only the limit can stop this, and what was written before is what the tracer gets.
        let _ = sink.refusal(&error);
    }
    match sink.finish() {
        Written::Heap(text) => scratch.keep(text),
        Written::Room(len) => scratch.take(len),
    }
}

/// Where the text is: on the heap, or in so many bytes of the room, the NUL included.
enum Written {
    Heap(Vec<u8>),
    Room(usize),
}

/// Why serialising came to an end early.
enum Stop {
    /// The limit is reached: what has been written is shown.
    Full,
    /// The value's own implementation of `Serialize` failed.
    Refused(serde_json::Error),
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() { Stop::Full } else { Stop::Refused(error) }
    }
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Stop::Full
    }
}

/// The rest of the room, then the heap: `heap` holds everything once anything had no place in the room.
struct Sink<'a> {
    room: &'a mut [MaybeUninit<u8>],
    /// How much of the room holds text.
    used: usize,
    /// How much of the room may: all of it, or, once the text is on the heap, what is used.
    end: usize,
    heap: Vec<u8>,
}

impl Sink<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        Ok(io::Write::write_all(self, bytes)?)
    }

    fn refusal(&mut self, error: &serde_json::Error) -> Result<(), Stop> {
        self.put(b"{\"err\":")?;
        serde_json::to_writer(&mut *self, &error.to_string())?;
        self.put(b"}")
    }

    fn written(&self) -> &[u8] {
        if !self.heap.is_empty() {
            return &self.heap;
        }
        // SAFETY: `write` has filled the first `used` bytes of the room.
        unsafe { core::slice::from_raw_parts(self.room.as_ptr().cast::<u8>(), self.used) }
    }

    /// Moves to the heap, with space for `more` bytes and the NUL. An error where there is no memory.
    #[cold]
    fn spill(&mut self, more: usize) -> io::Result<()> {
        if !self.heap.is_empty() {
            return Ok(self.heap.try_reserve(more + 1)?);
        }
        let mut heap = Vec::new();
        heap.try_reserve(self.used + more + 1)?;
        heap.extend_from_slice(self.written());
        self.heap = heap;
        self.end = self.used;
        Ok(())
    }

    fn finish(self) -> Written {
        if !self.heap.is_empty() {
            return Written::Heap(self.heap);
        }
        match self.room.get_mut(self.used) {
            Some(end) => {
                end.write(0);
                Written::Room(self.used + 1)
            }
            // Other arguments have filled the room to its last byte, and there was no memory.
            None => Written::Heap(Vec::new()),
        }
    }
}

impl io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    /// The serialiser calls this for every bracket, comma and name: small pieces of known length, which the compiler
    /// turns into single stores if it sees the copy.
    #[inline(always)]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        // One byte of the room is kept for the NUL.
        if bytes.len() < self.end - self.used {
            // SAFETY: `end` is at most the room's length, so behind `used` there is space for these bytes; the room is ours
            // alone.
            unsafe {
                let to = self.room.as_mut_ptr().cast::<u8>().add(self.used);
                core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
            }
            self.used += bytes.len();
            return Ok(());
        }
        self.write_to_heap(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink<'_> {
    /// Writes where the room is full, up to the limit.
    #[cold]
    #[inline(never)]
    fn write_to_heap(&mut self, bytes: &[u8]) -> io::Result<()> {
        let so_far = if self.heap.is_empty() { self.used } else { self.heap.len() };
        let left = JSON_LIMIT - so_far;
        let fits = if bytes.len() <= left { bytes.len() } else { char_start(bytes, left) };
        self.spill(fits)?;
        self.heap.extend_from_slice(&bytes[..fits]);
        if fits == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
    }
}

#[cfg(test)]
// What was handed out is an address of this machine.
#[allow(clippy::cast_possible_truncation)]
mod tests {
    use super::*;
    use crate::value::scratch::ROOM;
    use serde::ser::{Error as _, Serializer};

    fn shown(write: impl FnOnce(&mut Scratch<'_>) -> u64) -> String {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let mut scratch = Scratch::new(&mut room);
        let address = write(&mut scratch);
        let pointer = core::ptr::with_exposed_provenance::<core::ffi::c_char>(address as usize);
        // SAFETY: the scratch is alive and its text ends with a NUL.
        unsafe { core::ffi::CStr::from_ptr(pointer) }.to_str().unwrap().to_owned()
    }

    struct Refuses;
    impl Serialize for Refuses {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq;
            let mut seq = serializer.serialize_seq(None)?;
            seq.serialize_element("some text first")?;
            Err(S::Error::custom("no \"price\""))
        }
    }

    #[test]
    fn shapes() {
        assert_eq!(shown(|s| result(&[1, 2], s)), r#"{"ok":[1,2]}"#);
        assert_eq!(shown(|s| plain(&Some("ä\n"), s)), r#""ä\n""#);
        assert_eq!(shown(|s| result(&Refuses, s)), r#"{"err":"no \"price\""}"#);
        assert_eq!(shown(|s| plain(&Refuses, s)), r#"{"err":"no \"price\""}"#);
    }

    #[test]
    fn every_length_around_the_room_arrives_whole() {
        for len in (ROOM - 20..ROOM + 20).chain([JSON_LIMIT - 2]) {
            let value = "v".repeat(len);
            assert_eq!(shown(|s| plain(&value, s)), format!("\"{value}\""));
        }
    }

    #[test]
    fn several_arguments_share_the_room() {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let mut scratch = Scratch::new(&mut room);
        let texts: Vec<String> = (0..12).map(|i| i.to_string().repeat(60)).collect();
        let addresses: Vec<u64> = texts.iter().map(|t| result(t, &mut scratch)).collect();
        for (text, address) in texts.iter().zip(addresses) {
            let pointer = core::ptr::with_exposed_provenance::<core::ffi::c_char>(address as usize);
            // SAFETY: the scratch is alive and its text ends with a NUL.
            let read = unsafe { core::ffi::CStr::from_ptr(pointer) }.to_str().unwrap();
            assert_eq!(read, format!("{{\"ok\":\"{text}\"}}"));
        }
    }

    #[test]
    fn the_limit_cuts_between_characters() {
        for start in ["", "x", "xx"] {
            let value = format!("{start}{}", "€".repeat(JSON_LIMIT));
            let read = shown(|s| plain(&value, s));
            assert!((JSON_LIMIT - 2..=JSON_LIMIT).contains(&read.len()), "{}", read.len());
            assert!(format!("\"{value}").starts_with(&read));
        }
    }
}
