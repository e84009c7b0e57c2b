//! A stub on x86_64.
//!
//! # Safety
//!
//! `unsafe` is here because a stub is entered by a jump: what it needs in registers and on the stack no compiler knows.
#![allow(unsafe_code)]

use core::arch::{asm, naked_asm};
use core::ptr;

use super::pool::{STUBS, Stub};
use crate::value::plan::Frame;

/// The size of a stub in bytes.
pub(super) const SIZE: usize = 16;
/// Where in a stub the instruction is by which a program asks whether anybody watches.
const ENABLED_SITE: usize = 3;
/// Where the instruction is at which it fires, and the way in to it.
const SITE: usize = 9;
/// What a tracer replaces at both.
const NOP: u8 = 0x90;

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
extern "C" fn stubs() {
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

/// The address of the first stub.
pub(super) fn first() -> usize {
    (stubs as *const ()).expose_provenance()
}

impl Stub {
    /// The address of the instruction by which a program asks whether anybody watches.
    pub(super) fn enabled_site(self) -> u64 {
        (self.address() + ENABLED_SITE) as u64
    }

    /// The address of the instruction at which it fires.
    pub(super) fn site(self) -> u64 {
        (self.address() + SITE) as u64
    }

    /// Whether its instructions are those that were compiled: both are a nop that no tracer has replaced.
    pub(super) fn is_untouched(self) -> bool {
        [self.enabled_site(), self.site()].into_iter().all(|at| {
            // SAFETY: it is a byte of code, which may be read. A kernel that writes it does so at once.
            unsafe { ptr::with_exposed_provenance::<u8>(at as usize).read_volatile() == NOP }
        })
    }

    /// Whether somebody watches.
    pub(super) fn is_enabled(self) -> bool {
        let enabled: u64;
        // SAFETY: the stub is the first way in of one of `stubs`, which changes rax and the flags and comes back to r11.
        //   nomem: no memory is read or written. nostack: nothing is pushed. Not preserves_flags: `xor` sets them.
        unsafe {
            asm!(
                "lea 992f(%rip), %r11",
                "notrack jmp *{stub}",
                "992:",
                stub = in(reg) self.address(),
                out("rax") enabled,
                out("r11") _,
                options(att_syntax, nomem, nostack),
            );
        }
        enabled != 0
    }

    /// Fires: the operands are where a C function's arguments are, six in registers and the others on the stack.
    pub(super) fn fire(self, frame: &Frame) {
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
                in("rax") self.address() + SITE,
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
}
