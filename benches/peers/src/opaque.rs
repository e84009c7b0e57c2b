//! Values that the compiler knows nothing about and that stay in registers, as arguments at hand in a real program
//! do. `core::hint::black_box` would put them into memory, and each loop would then measure how its peer reloads them.
//! `OPAQUE` and `WORK` in c/loops.h are the same.
//!
//! # Safety
//!
//! An empty `asm!` is the only way to say this. It has no instruction, so each value comes out as it went in. That it
//! may touch memory is claimed on purpose: otherwise a semaphore could be read once, before the loop.
#![allow(unsafe_code)]

use std::arch::asm;

use crate::rows::Reply;

/// Something else to do. A processor of today runs the bare loop at one iteration a cycle, probe or no probe: it has
/// slots to spare. These instructions leave it none, so that each instruction of a site costs what it takes.
#[inline(always)]
pub(crate) fn work() {
    // SAFETY: `nop`s change nothing.
    unsafe { asm!(".rept 20", "nop", ".endr", options(nostack, preserves_flags)) };
}

/// A number of 64 bits.
#[inline(always)]
pub(crate) fn long(mut value: u64) -> u64 {
    // SAFETY: no instruction; nothing lives on the stack and no flag changes.
    unsafe { asm!("/* {0} */", inout(reg) value, options(nostack, preserves_flags)) };
    value
}

/// A number of 32 bits.
#[inline(always)]
pub(crate) fn int(mut value: i32) -> i32 {
    // SAFETY: as in `long`.
    unsafe { asm!("/* {0:e} */", inout(reg) value, options(nostack, preserves_flags)) };
    value
}

/// A string, both its address and its length.
#[inline(always)]
pub(crate) fn text(value: &str) -> &str {
    let (mut data, mut len) = (value.as_ptr(), value.len());
    // SAFETY: as in `long`; the two registers leave as they entered, so they are still the parts of `value`.
    unsafe {
        asm!("/* {0} {1} */", inout(reg) data, inout(reg) len, options(nostack, preserves_flags));
        std::str::from_utf8_unchecked(std::slice::from_raw_parts(data, len))
    }
}

/// A reference.
#[inline(always)]
pub(crate) fn reply(value: &Reply) -> &Reply {
    let mut address: *const Reply = value;
    // SAFETY: as in `long`; the register leaves as it entered, so it is still the address of `value`.
    unsafe {
        asm!("/* {0} */", inout(reg) address, options(nostack, preserves_flags));
        &*address
    }
}
