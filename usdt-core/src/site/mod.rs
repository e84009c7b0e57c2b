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
//! One backend is compiled: `none` for targets that have none and for `--cfg usdt_probes_off`, `stapsdt` on Linux, `dtrace` on
//! systems with DTrace, all with the same items. `trampoline` is what the last two share. A backend has one file an
//! architecture, again with the same items in the same order.
//!
//! With the feature `recorder`, and a backend that has semaphores, the cold functions also record what is fired: `recorded`, or
//! `unrecorded` with the same items where that is nothing.

/// Whether the describing note is written: 1, or 0 with `--cfg usdt_probes_undescribed`.
pub const DESCRIBED: u8 = !cfg!(usdt_probes_undescribed) as u8;

macro_rules! backends {
    ($($(#[$meta:meta])* $name:ident $(recorded with $recorder:literal)?: $when:meta;)*) => {
        $(
            $(#[$meta])*
            #[cfg(all($when, not(usdt_probes_off), not(miri)))]
            pub mod $name;
            #[cfg(all($when, feature = "register", not(usdt_probes_off), not(miri)))]
            pub(crate) use $name::records;
        )*
        #[cfg(all(any($($when),*), not(usdt_probes_off), not(miri)))]
        mod trampoline;

        $($(
            #[cfg(all($when, feature = $recorder, not(usdt_probes_off), not(miri)))]
            mod recorded;
        )?)*
        #[cfg(any(
            not(any($($(all($when, feature = $recorder),)?)*)),
            usdt_probes_off,
            miri
        ))]
        mod unrecorded;

        /// The backend of targets without probes.
        #[cfg(any(not(any($($when),*)), usdt_probes_off, miri))]
        pub mod none;
        #[cfg(all(feature = "register", any(not(any($($when),*)), usdt_probes_off, miri)))]
        pub(crate) use none::records;
    };
}

backends! {
    stapsdt recorded with "recorder": all(
        target_os = "linux",
        not(usdt_probes_dtrace),
        target_pointer_width = "64",
        target_endian = "little",
        any(target_arch = "x86_64", target_arch = "aarch64")
    );
    // Its kernel traces programs on one architecture alone, but for macOS.
    dtrace: all(
        target_pointer_width = "64",
        target_endian = "little",
        any(
            all(any(target_os = "illumos", target_os = "freebsd"), target_arch = "x86_64"),
            all(
                any(target_os = "macos", all(target_os = "linux", usdt_probes_dtrace)),
                any(target_arch = "x86_64", target_arch = "aarch64")
            )
        )
    );
}

mod probe;
mod record;

pub use record::{Definition, Record};
