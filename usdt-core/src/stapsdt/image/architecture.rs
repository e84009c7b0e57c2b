//! What differs between architectures, chosen by a value: a program may build the image of any of them.

use object::elf::Machine;

use super::{aarch64, x86_64};
use crate::model::{Architecture, MAX_OPERANDS};

/// The bytes from one stub to the next: each begins on a multiple of 16, as functions do.
pub(super) const STUB: usize = 32;

/// The code of a stub.
pub(super) struct Code {
    /// Its instructions.
    pub(super) bytes: &'static [u8],
    /// Where among them the nop is that a tracer patches.
    pub(super) nop: usize,
    /// What stands between two stubs: an instruction that traps.
    pub(super) filler: u8,
}

impl Architecture {
    /// The largest page that a kernel of the architecture may have, in bytes.
    pub const fn page(self) -> usize {
        match self {
            Architecture::X86_64 => x86_64::PAGE,
            Architecture::Aarch64 => aarch64::PAGE,
        }
    }

    pub(super) const fn machine(self) -> Machine {
        match self {
            Architecture::X86_64 => x86_64::MACHINE,
            Architecture::Aarch64 => aarch64::MACHINE,
        }
    }

    pub(super) const fn code(self) -> &'static Code {
        match self {
            Architecture::X86_64 => &x86_64::CODE,
            Architecture::Aarch64 => &aarch64::CODE,
        }
    }

    /// How a note names the place of each of a stub's arguments at the nop.
    pub(super) const fn operands(self) -> &'static [&'static str; MAX_OPERANDS] {
        match self {
            Architecture::X86_64 => &x86_64::OPERANDS,
            Architecture::Aarch64 => &aarch64::OPERANDS,
        }
    }
}
