//! The name of the file that this code is in: what tracers show as the module of its probes.
//!
//! # Safety
//!
//! `unsafe` is here to ask the dynamic linker.
#![allow(unsafe_code)]

/// The name of the file that this code is in, a program or a library; `unknown` if the dynamic linker doesn't know it.
#[cfg(any(target_os = "illumos", target_os = "freebsd", target_os = "macos", usdt_probes_dtrace))]
pub fn module() -> String {
    use std::ffi::CStr;
    use std::mem::MaybeUninit;
    use std::path::Path;

    let here: fn() -> String = module;
    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: all addresses may be asked about, and the answer goes into memory that is made for it.
    let found = unsafe { libc::dladdr(here as *const _, info.as_mut_ptr()) } != 0;
    // SAFETY: all of its fields are pointers, for which 0 is a value.
    let path = unsafe { info.assume_init() }.dli_fname;
    if !found || path.is_null() {
        return "unknown".to_owned();
    }
    // SAFETY: it is the path of a file that stays loaded while this code runs, with a NUL at its end.
    let path = unsafe { CStr::from_ptr(path) }.to_string_lossy();
    Path::new(&*path).file_name().map_or_else(|| path.clone(), |name| name.to_string_lossy()).into_owned()
}

/// The name of the file that this code is in. There is no kernel that wants to know it.
#[cfg(not(any(target_os = "illumos", target_os = "freebsd", target_os = "macos", usdt_probes_dtrace)))]
pub fn module() -> String {
    "unknown".to_owned()
}
