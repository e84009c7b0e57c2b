//! Static sites: the code that a tracer patches and the notes that lead it there.
//!
//! `#[provider]` invokes `__usdt_probe!` (in `probe`) for each probe: its functions, the same for every target. In them stand
//! a few invocations, and the backend decides what they become:
//!
//! * `__usdt_check!` is the hot path: it looks at the probe's semaphore and jumps away if somebody watches.
//! * `__usdt_fire!` stands in one cold function a probe: a nop, the operands in registers, and the notes about them.
//! * `__usdt_enter!` and `__usdt_trampoline!` take the place of that function where nothing has to be lowered: the site puts
//!   the operands into registers and jumps to the nop.
//!
//! One backend is compiled: `none` for targets that have none and for `--cfg usdt_probes_off`, otherwise one file a
//! platform, all with the same items in the same order. What the ELF platforms share is in `elf`.

/// Whether the describing note is written: 1, or 0 with `--cfg usdt_probes_undescribed`.
pub const DESCRIBED: u8 = !cfg!(usdt_probes_undescribed) as u8;

macro_rules! backends {
    ($($(#[$meta:meta])* $name:ident: $when:meta;)*) => {
        $(
            $(#[$meta])*
            #[cfg(all($when, not(usdt_probes_off), not(miri)))]
            pub mod $name;
        )*
        // All platforms so far are ELF.
        #[cfg(all(any($($when),*), not(usdt_probes_off), not(miri)))]
        mod elf;
        /// The backend of targets without probes.
        #[cfg(any(not(any($($when),*)), usdt_probes_off, miri))]
        pub mod none;
    };
}

backends! {
    linux_x86_64: all(target_os = "linux", target_arch = "x86_64", target_pointer_width = "64");
    linux_aarch64: all(target_os = "linux", target_arch = "aarch64", target_pointer_width = "64", target_endian = "little");
}

mod probe;
