//! Registering before `main`, and when a library is loaded; and taking it back when the library is unloaded.
//!
//! # Safety
//!
//! `unsafe` is here to have functions called by the dynamic linker. They use nothing that `main` would have to set up.
#![allow(unsafe_code)]

use super::registered;
use crate::helper;

/// Called when the file is loaded. What goes wrong shows when the program asks.
extern "C" fn loaded() {
    let _ = registered::register();
    #[cfg(target_vendor = "apple")]
    at_unload();
}

/// Called when the file is unloaded, or the program ends.
///
/// A program's own probes stay: other threads may still fire them, and where a tracer watches they would be ended for it, since a
/// kernel that has been told to forget a process knows nothing of the instructions that it has changed there. It forgets them
/// when the process is gone.
fn unloaded() {
    let program = std::env::current_exe().ok().and_then(|path| path.file_name().map(ToOwned::to_owned));
    if program.is_some_and(|program| program != *helper::module()) {
        registered::unregister();
    }
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
static UNLOADED: extern "C" fn() = {
    extern "C" fn call() {
        unloaded();
    }
    call
};

/// There is no list of functions to call at the end on macOS any more: a program asks for it.
#[cfg(target_vendor = "apple")]
fn at_unload() {
    use std::ffi::{c_int, c_void};

    extern "C" fn call(_: *mut c_void) {
        unloaded();
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
    unsafe { __cxa_atexit(call, std::ptr::null_mut(), &raw const __dso_handle) };
}
