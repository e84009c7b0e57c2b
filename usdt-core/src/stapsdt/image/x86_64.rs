//! A stub on x86_64.

use object::elf::{EM_X86_64, Machine};

use super::architecture::{Code, STUB};
use crate::model::MAX_OPERANDS;

/// How an ELF header calls the architecture.
pub(super) const MACHINE: Machine = EM_X86_64;

/// The largest page in bytes.
pub(super) const PAGE: usize = 4096;

/// A frame, so that a tracer that follows frame pointers finds the caller, and the trap, the same as in a static site: a
/// nop of one byte, then one of ten, so that nothing may take the two for a nop of five.
pub(super) const CODE: Code = Code {
    bytes: &[
        0xf3, 0x0f, 0x1e, 0xfa, // endbr64
        0x55, // push %rbp
        0x48, 0x89, 0xe5, // mov %rsp, %rbp
        0x90, // nop
        0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0,    // cs nopw 0(%rax,%rax,1)
        0x5d, // pop %rbp
        0xc3, // ret
    ],
    nop: 8,
    filler: 0xcc, // int3
};

const _: () = assert!(CODE.bytes.len() <= STUB);

/// Where the arguments of a C function are while the frame exists: six in registers, the others above the frame.
pub(super) const OPERANDS: [&str; MAX_OPERANDS] = [
    "%rdi", "%rsi", "%rdx", "%rcx", "%r8", "%r9", "16(%rbp)", "24(%rbp)", "32(%rbp)", "40(%rbp)", "48(%rbp)",
    "56(%rbp)",
];
