//! A library with probes of its own, which is loaded, traced and unloaded while the program runs.
//!
//! # Safety
//!
//! `unsafe` is here to load a library and to call what is in it.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_void};
use std::mem::transmute_copy;

use usdt_core::helper::{Handler, System};

use super::kernel;

/// Traces the probes of the library in this file.
pub(crate) fn run(path: &str) {
    let before = kernel::dofs().len();
    let library = Library::open(path);
    // SAFETY: these are the signatures that the library has, which is built together with this program.
    let (start, fire) = unsafe {
        let start: extern "Rust" fn(System, Handler) = library.function(c"library_start");
        let fire: extern "C" fn() = library.function(c"library_fire");
        (start, fire)
    };
    start(kernel::running().system, kernel::ioctl);
    let dofs = kernel::dofs().split_off(before);
    assert_eq!(dofs.len(), 1, "the library has registered its own");
    assert!(path.ends_with(&dofs[0].module), "{}", dofs[0].module);
    super::trace(&dofs, || fire());
    drop(library);
    assert_eq!(kernel::dofs().len(), before, "it is unregistered when it is unloaded");
}

struct Library(*mut c_void);

impl Library {
    fn open(path: &str) -> Library {
        let path = CString::new(path).expect("a path");
        // SAFETY: the path is a string; what the library runs when it is loaded is harmless.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        assert!(!handle.is_null(), "can't load {path:?}");
        Library(handle)
    }

    /// # Safety
    ///
    /// The library must have a function of this name and type.
    unsafe fn function<F>(&self, name: &CStr) -> F {
        // SAFETY: the handle is open.
        let function = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!function.is_null(), "no {name:?}");
        assert_eq!(size_of::<F>(), size_of_val(&function));
        // SAFETY: the caller promises the type, which is a pointer's.
        unsafe { transmute_copy(&function) }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: nothing of it is used any more.
        assert_eq!(unsafe { libc::dlclose(self.0) }, 0);
    }
}
