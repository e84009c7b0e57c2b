//! A stub on x86_64.
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
pub(super) const ENABLED_SITE: usize = 3;
/// Where the instruction is at which it fires, and the way in to it.
pub(super) const SITE: usize = 9;
/// As much of an instruction as a tracer replaces.
pub(super) type Trap = u8;
/// What is there until then: at both places a nop.
pub(super) const COMPILED: [Trap; 2] = [0x90, 0x90];

/// All stubs, one behind another. Not to be called: each has two ways in, and is left to the address in r11.
///
/// ```text
/// 0  rax = 0
/// 3  nop                             // a tracer makes it rax = 1
/// 4  nop
/// 5  goto r11
/// 9  nop                             // the kernel reads the operands here
/// 10 goto r11
/// ```
#[unsafe(naked)]
pub(super) extern "C" fn stubs() {
    naked_asm!(
        ".rept {count}",
        ".byte 0x48,0x33,0xc0",
        "nop",
        "nop",
        "notrack jmp *%r11",
        "nop",
        "notrack jmp *%r11",
        "int3",
        "int3",
        ".endr",
        count = const STUBS,
        options(att_syntax),
    )
}

/// Whether somebody watches: runs the stub at this address from its first way in.
///
/// # Safety
///
/// It must be the address of a stub.
pub(super) unsafe fn is_enabled(stub: usize) -> bool {
    let enabled: u64;
    // SAFETY: the stub is the first way in of one of `stubs`, which changes rax and the flags and comes back to r11.
    //   nomem: no memory is read or written. nostack: nothing is pushed. Not preserves_flags: `xor` sets them.
    unsafe {
        asm!(
            "lea 992f(%rip), %r11",
            "notrack jmp *{stub}",
            "992:",
            stub = in(reg) stub,
            out("rax") enabled,
            out("r11") _,
            options(att_syntax, nomem, nostack),
        );
    }
    enabled != 0
}

/// Fires: the operands are where a C function's arguments are, six in registers and the others on the stack.
///
/// # Safety
///
/// It must be the address of a stub.
pub(super) unsafe fn fire(stub: usize, frame: &Frame) {
    // SAFETY: the stub is the second way in of one of `stubs`, which changes nothing and comes back to r11. The stack is
    // put back.
    //   no memory option: a tracer reads what the operands point at, so everything must have been stored.
    //   not nostack: operands are pushed. Not preserves_flags: `sub` and `add` set them.
    unsafe {
        asm!(
            "sub $48, %rsp",
            "movq (%r10), %r11",
            "movq %r11, (%rsp)",
            "movq 8(%r10), %r11",
            "movq %r11, 8(%rsp)",
            "movq 16(%r10), %r11",
            "movq %r11, 16(%rsp)",
            "movq 24(%r10), %r11",
            "movq %r11, 24(%rsp)",
            "movq 32(%r10), %r11",
            "movq %r11, 32(%rsp)",
            "movq 40(%r10), %r11",
            "movq %r11, 40(%rsp)",
            "lea 992f(%rip), %r11",
            "notrack jmp *%rax",
            "992:",
            "add $48, %rsp",
            in("rax") stub + SITE,
            in("rdi") frame.get(0),
            in("rsi") frame.get(1),
            in("rdx") frame.get(2),
            in("rcx") frame.get(3),
            in("r8") frame.get(4),
            in("r9") frame.get(5),
            in("r10") frame.from::<6>(),
            out("r11") _,
            options(att_syntax),
        );
    }
}
