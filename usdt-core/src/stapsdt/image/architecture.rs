//! What differs between architectures, chosen by a value: a program may build the image of any of them.

use object::elf::Machine;

use super::{aarch64, x86_64};
use crate::model::MAX_OPERANDS;

/// An architecture that images can be built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// x86_64.
    X86_64,
    /// aarch64, little endian.
    Aarch64,
}

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
    /// Every architecture.
    pub const ALL: [Architecture; 2] = [Architecture::X86_64, Architecture::Aarch64];

    /// The architecture of the target that this is compiled for, if images can be built for it.
    pub const HOST: Option<Architecture> = if cfg!(not(target_pointer_width = "64")) {
        None
    } else if cfg!(target_arch = "x86_64") {
        Some(Architecture::X86_64)
    } else if cfg!(all(target_arch = "aarch64", target_endian = "little")) {
        Some(Architecture::Aarch64)
    } else {
        None
    };

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
