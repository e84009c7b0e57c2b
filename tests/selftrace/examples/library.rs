//! A library that a program loads, with probes of its own.
//!
//! # Safety
//!
//! `unsafe` is here because the program finds what is in it by name.
#![allow(unsafe_code)]

#[cfg(usdt_probes_dtrace)]
mod loaded {
    use usdt_core::helper::{self, Handler, System};

    #[usdt_probes::provider]
    mod library {
        pub fn called(times: u32, by: &str);
    }

    // SAFETY: nobody else has a function of this name.
    #[unsafe(no_mangle)]
    extern "Rust" fn library_start(system: System, handler: Handler) {
        helper::stand_in(system, handler);
        usdt_probes::register_probes().expect("the kernel takes everything");
    }

    // SAFETY: as above.
    #[unsafe(no_mangle)]
    extern "C" fn library_fire() {
        library::called_with(|| (7, "the program"));
    }
}
