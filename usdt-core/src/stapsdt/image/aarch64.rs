//! A stub on aarch64, little endian.

use object::elf::{EM_AARCH64, Machine};

use super::architecture::{Code, STUB};
use crate::model::MAX_OPERANDS;

/// How an ELF header calls the architecture.
pub(super) const MACHINE: Machine = EM_AARCH64;

/// The largest page in bytes: some kernels have pages of 64 KiB.
pub(super) const PAGE: usize = 65536;

/// A frame, so that a tracer that follows frame pointers finds the caller; the last four arguments from the stack into
/// registers, so that all operands are registers; the trap.
pub(super) const CODE: Code = Code {
    bytes: &[
        0xfd, 0x7b, 0xbf, 0xa9, // stp x29, x30, [sp, #-16]!
        0xfd, 0x03, 0x00, 0x91, // mov x29, sp
        0xa8, 0x27, 0x41, 0xa9, // ldp x8, x9, [x29, #16]
        0xaa, 0x2f, 0x42, 0xa9, // ldp x10, x11, [x29, #32]
        0x1f, 0x20, 0x03, 0xd5, // nop
        0xfd, 0x7b, 0xc1, 0xa8, // ldp x29, x30, [sp], #16
        0xc0, 0x03, 0x5f, 0xd6, // ret
    ],
    nop: 16,
    filler: 0, // udf #0
};

const _: () = assert!(CODE.bytes.len() <= STUB);

/// Where the arguments are at the nop.
pub(super) const OPERANDS: [&str; MAX_OPERANDS] =
    ["x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11"];
