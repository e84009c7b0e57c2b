//! A stub on aarch64, little endian.
//!
//! # Safety
//!
//! `unsafe` is here because a stub is entered by a jump: what it needs in registers and on the stack no compiler knows.
#![allow(unsafe_code)]

use core::arch::{asm, naked_asm};

use super::pool::STUBS;
use crate::value::plan::Frame;

/// The size of a stub in bytes.
pub(super) const SIZE: usize = 16;
/// Where in a stub the instruction is by which a program asks whether anybody watches.
pub(super) const ENABLED_SITE: usize = 0;
/// Where the instruction is at which it fires, and the way in to it.
pub(super) const SITE: usize = 8;
/// As much of an instruction as a tracer replaces.
pub(super) type Trap = u32;
/// What is there until then: `mov x0, #0`, and a nop.
pub(super) const COMPILED: [Trap; 2] = [0xd280_0000, 0xd503_201f];

/// All stubs, one behind another. Not to be called: each has two ways in, and is left to the address in x15.
///
/// ```text
/// 0  x0 = 0                          // a tracer makes it x0 = 1
/// 4  goto x15
/// 8  nop                             // the kernel reads the operands here
/// 12 goto x15
/// ```
#[unsafe(naked)]
pub(super) extern "C" fn stubs() {
    naked_asm!(
        ".rept {count}",
        "mov x0, #0",
        // Not `br`, which could only go to a landing pad where branch targets are guarded.
        "ret x15",
        "nop",
        "ret x15",
        ".endr",
        count = const STUBS,
    )
}

/// Whether somebody watches: runs the stub at this address from its first way in.
///
/// # Safety
///
/// It must be the address of a stub.
pub(super) unsafe fn is_enabled(stub: usize) -> bool {
    let enabled: u64;
    // SAFETY: the stub is the first way in of one of `stubs`, which changes x0 and comes back to x15.
    //   nomem: no memory is read or written. nostack: nothing is pushed. preserves_flags: nothing touches them.
    unsafe {
        asm!(
            "adr x15, 992f",
            "ret {stub}",
            "992:",
            stub = in(reg) stub,
            out("x0") enabled,
            out("x15") _,
            options(nomem, nostack, preserves_flags),
        );
    }
    enabled != 0
}

/// Fires: the operands are where a C function's arguments are, eight in registers and the others on the stack.
///
/// # Safety
///
/// It must be the address of a stub.
pub(super) unsafe fn fire(stub: usize, frame: &Frame) {
    // SAFETY: the stub is the second way in of one of `stubs`, which changes nothing and comes back to x15. The stack is
    // put back.
    //   no memory option: a tracer reads what the operands point at, so everything must have been stored.
    //   not nostack: operands are pushed. preserves_flags: nothing touches them.
    unsafe {
        asm!(
            "sub sp, sp, #32",
            "ldp x9, x10, [x11]",
            "stp x9, x10, [sp]",
            "ldp x9, x10, [x11, #16]",
            "stp x9, x10, [sp, #16]",
            "adr x15, 992f",
            "ret x12",
            "992:",
            "add sp, sp, #32",
            in("x12") stub + SITE,
            in("x0") frame.get(0),
            in("x1") frame.get(1),
            in("x2") frame.get(2),
            in("x3") frame.get(3),
            in("x4") frame.get(4),
            in("x5") frame.get(5),
            in("x6") frame.get(6),
            in("x7") frame.get(7),
            in("x11") frame.from::<8>(),
            out("x9") _,
            out("x10") _,
            out("x15") _,
            options(preserves_flags),
        );
    }
}
