//! Raising semaphores, so that sites fire.
//!
//! A semaphore is a `u16` of this process's memory, in which the kernel counts for each tracer: it reads the number, adds or subtracts
//! 1 and writes the number back, and not as one atomic step. An addition of ours could fall in between, and either count would be
//! lost: a site would fire for ever, or never again. So the recorder doesn't count. It **stores one byte, the high one**, which
//! counts never reach: what is lost if that falls in between is our own mark (after `start` a probe that isn't recorded, after `stop` one
//! that goes on firing for nobody, until the next [`refresh`](crate::recorder::refresh)), never a count of a tracer's.
//!
//! The mark is 0x40, so that the whole is positive as an `i16`: the kernel refuses to go on from a count that would be negative.
//!
//! # Safety
//!
//! `unsafe` is here to write to semaphores, whose addresses the callers vouch for.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU8, Ordering};

use crate::recorder::format::RECORDED;

/// What the high byte is while a probe is recorded.
const HIGH: u8 = RECORDED.to_le_bytes()[1];

/// Raises a semaphore, or lowers it.
///
/// # Safety
///
/// It is the address of a semaphore in memory that is mapped writable.
pub(super) unsafe fn mark(semaphore: usize, recorded: bool) {
    let high = std::ptr::with_exposed_provenance_mut::<u8>(semaphore + 1);
    // SAFETY: as the caller says. To Rust the other byte and the whole are written by somebody outside of the program, as ever.
    let high = unsafe { AtomicU8::from_ptr(high) };
    high.store(if recorded { HIGH } else { 0 }, Ordering::Relaxed);
}
