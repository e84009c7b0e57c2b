//! Registering before `main`, and when a library is loaded; and taking it back when the library is unloaded.
//!
//! # Safety
//!
//! `unsafe` is here to have functions called by the dynamic linker. They use nothing that `main` would have to set up.
#![allow(unsafe_code)]

use super::registered;

/// Called when the file is loaded. What goes wrong shows when the program asks.
extern "C" fn loaded() {
    let _ = registered::register();
    #[cfg(target_vendor = "apple")]
    at_unload();
}

/// Called when the file is unloaded, or the program ends.
#[cfg(not(target_vendor = "apple"))]
extern "C" fn unloaded() {
    registered::unregister();
}

// SAFETY: the section is a list of functions without parameters, which are called one after another.
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
#[used]
static LOADED: extern "C" fn() = loaded;

// SAFETY: as above.
#[cfg(not(target_vendor = "apple"))]
#[unsafe(link_section = ".fini_array")]
#[used]
static UNLOADED: extern "C" fn() = unloaded;

/// There is no list of functions to call at the end on macOS any more: a program asks for it.
#[cfg(target_vendor = "apple")]
fn at_unload() {
    use std::ffi::{c_int, c_void};

    extern "C" fn unloaded(_: *mut c_void) {
        registered::unregister();
    }
    unsafe extern "C" {
        static __dso_handle: u8;
        fn __cxa_atexit(
            function: extern "C" fn(*mut c_void),
            argument: *mut c_void,
            file: *const u8,
        ) -> c_int;
    }
    // SAFETY: the linker has given this file a handle of its own, and the function is in this file.
    unsafe { __cxa_atexit(unloaded, std::ptr::null_mut(), &raw const __dso_handle) };
}
