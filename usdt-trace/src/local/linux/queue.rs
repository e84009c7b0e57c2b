//! Records on their way from the handler of a signal to whoever asks for events.
//!
//! Any number of threads put records in, also a thread that was interrupted while it did so, and one takes them out. Nobody
//! ever waits: where there is no room a record is refused, and one that is still being written is taken the next time,
//! while those behind it are taken at once. (A thread must see what it has fired itself, whatever became of another that is
//! in the middle of a firing.)
//!
//! # Safety
//!
//! `unsafe` is here to share the places of records. A place belongs to the one that got its number from `reserved`, until
//! that one publishes the number; then to the one that takes records out, until it says how far it has got.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::record::{Record, Room};

/// A queue with so many places.
pub(super) struct Queue {
    /// Of each place `EMPTY`, the number of the record that is there and one more, or `TAKEN`.
    states: Box<[AtomicUsize]>,
    records: Shared<Record>,
    /// The bytes of all places, which texts are copied to.
    bytes: Shared<u8>,
    /// How many bytes a place has.
    text: usize,
    /// How many places were given out, ever.
    reserved: AtomicUsize,
    /// How many of these are free again, without a gap.
    freed: AtomicUsize,
    /// Held by the one that takes records out.
    taking: Mutex<()>,
}

type Shared<T> = Box<[UnsafeCell<MaybeUninit<T>>]>;

const EMPTY: usize = 0;
const TAKEN: usize = usize::MAX;

// SAFETY: a place has one owner at any time, see above; a record may be sent to another thread.
unsafe impl Sync for Queue {}

impl Queue {
    /// An empty queue for so many records with so many bytes of text each.
    pub(super) fn new(records: usize, text: usize) -> Queue {
        Queue {
            states: (0..records).map(|_| AtomicUsize::new(EMPTY)).collect(),
            records: shared(records),
            bytes: shared(records * text),
            text,
            reserved: AtomicUsize::new(0),
            freed: AtomicUsize::new(0),
            taking: Mutex::new(()),
        }
    }

    /// Puts in a record that `write` makes, with room for texts. `false` if the queue is full.
    ///
    /// For handlers of signals: it neither waits nor allocates.
    pub(super) fn put(&self, write: impl FnOnce(&mut Room<'_>) -> Record) -> bool {
        let Some(number) = self.reserve() else { return false };
        let place = number % self.states.len();
        let mut room = Room::new(self.text_of(place));
        // SAFETY: the place is this call's, since `reserve` gave its number to nobody else.
        unsafe { (*self.records[place].get()).write(write(&mut room)) };
        self.states[place].store(number + 1, Ordering::Release);
        true
    }

    fn reserve(&self) -> Option<usize> {
        let free = |reserved: usize| {
            let used = reserved.wrapping_sub(self.freed.load(Ordering::Acquire));
            (used < self.states.len()).then_some(reserved + 1)
        };
        self.reserved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free).ok()
    }

    #[allow(clippy::mut_from_ref)] // What it gives belongs to whom the place belongs to.
    fn text_of(&self, place: usize) -> &mut [MaybeUninit<u8>] {
        let start = place * self.text;
        let bytes = &self.bytes[start..start + self.text];
        // SAFETY: the bytes are the place's, and it has one owner, who calls this once.
        unsafe { std::slice::from_raw_parts_mut(bytes.as_ptr().cast_mut().cast(), bytes.len()) }
    }

    /// Takes out all records that are there, in their order, with their texts. Not for handlers of signals.
    pub(super) fn take(&self, mut each: impl FnMut(&Record, &[MaybeUninit<u8>])) {
        let _one_at_a_time = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        let reserved = self.reserved.load(Ordering::Relaxed);
        let mut freed = self.freed.load(Ordering::Relaxed);
        for number in freed..reserved {
            let place = number % self.states.len();
            if self.states[place].load(Ordering::Acquire) == number + 1 {
                // SAFETY: it was published, so the record is there, and it is this call's.
                each(unsafe { (*self.records[place].get()).assume_init_ref() }, self.text_of(place));
                self.states[place].store(TAKEN, Ordering::Relaxed);
            }
        }
        while freed < reserved {
            let state = &self.states[freed % self.states.len()];
            if state.load(Ordering::Relaxed) != TAKEN {
                break;
            }
            state.store(EMPTY, Ordering::Relaxed);
            freed += 1;
        }
        self.freed.store(freed, Ordering::Release);
    }
}

/// Memory that nobody has written to: what isn't used costs nothing.
fn shared<T>(len: usize) -> Shared<T> {
    let mut elements = Vec::with_capacity(len);
    // SAFETY: elements that may be uninitialised need no initialisation, and there is room for so many.
    unsafe { elements.set_len(len) };
    elements.into_boxed_slice()
}
