//! The table of systems: what each is called, and what links for it here.

use std::path::{Path, PathBuf};

use anyhow::Result;
use object::{Architecture, BinaryFormat};

use crate::toolchain;

/// A system that is not here.
pub(super) struct System {
    /// The target in Rust's words.
    pub(super) target: &'static str,
    pub(super) format: BinaryFormat,
    pub(super) architecture: Architecture,
    pub(super) linker: Linker,
    /// All libraries that a program may ask for.
    pub(super) libraries: &'static [&'static str],
}

/// What links.
pub(super) enum Linker {
    /// `zig cc`, which has the C library of the system.
    Zig {
        /// The target in zig's words.
        target: &'static str,
        /// Libraries of the system that zig hasn't. The crate `libc` names them, and nothing here uses them.
        without: &'static [&'static str],
    },
    /// lld, without any library: the file can be inspected and would not run.
    Lld,
}

pub(super) const SYSTEMS: [System; 4] = [
    System {
        target: "x86_64-unknown-illumos",
        format: BinaryFormat::Elf,
        architecture: Architecture::X86_64,
        linker: Linker::Lld,
        libraries: &[],
    },
    System {
        target: "x86_64-unknown-freebsd",
        format: BinaryFormat::Elf,
        architecture: Architecture::X86_64,
        linker: Linker::Zig { target: "x86_64-freebsd", without: &["kvm", "memstat", "procstat", "devstat"] },
        libraries: &[
            "libc.so.7",
            "libthr.so.3",
            "libexecinfo.so.1",
            "libm.so.5",
            "librt.so.1",
            "libutil.so.9",
        ],
    },
    macos("x86_64-apple-darwin", "x86_64-macos", Architecture::X86_64),
    macos("aarch64-apple-darwin", "aarch64-macos", Architecture::Aarch64),
];

const fn macos(target: &'static str, linker: &'static str, architecture: Architecture) -> System {
    System {
        target,
        format: BinaryFormat::MachO,
        architecture,
        linker: Linker::Zig { target: linker, without: &["iconv"] },
        libraries: &["/usr/lib/libSystem.B.dylib"],
    }
}

impl System {
    /// The program that links.
    pub(super) fn linker(&self, zig: &Path) -> Result<PathBuf> {
        match self.linker {
            Linker::Zig { target, without } => toolchain::zig_linker(zig, target, without),
            Linker::Lld => toolchain::lld_linker(self.target, "cross_subject"),
        }
    }

    /// Whether what is linked is all that the system would load.
    pub(super) fn is_linked_whole(&self) -> bool {
        matches!(self.linker, Linker::Zig { .. })
    }
}
