//! The architectures whose code probes are in.

/// An architecture that probes are known for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// x86_64.
    X86_64,
    /// aarch64, little endian.
    Aarch64,
}

impl Architecture {
    /// Every architecture.
    pub const ALL: [Architecture; 2] = [Architecture::X86_64, Architecture::Aarch64];

    /// The architecture of the target that this is compiled for, if probes are known for it.
    pub const HOST: Option<Architecture> = if cfg!(not(target_pointer_width = "64")) {
        None
    } else if cfg!(target_arch = "x86_64") {
        Some(Architecture::X86_64)
    } else if cfg!(all(target_arch = "aarch64", target_endian = "little")) {
        Some(Architecture::Aarch64)
    } else {
        None
    };
}
