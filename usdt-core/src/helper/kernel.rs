//! The kernel of illumos, FreeBSD or macOS: the system calls, which are the same on all three.
//!
//! # Safety
//!
//! `unsafe` is here for `ioctl`. What it does with memory follows from its number: the requests of this library name a structure
//! of the size that the number stands for, which this file owns during the call.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::ptr;

pub(super) use super::pages::Pages;
use super::{Argument, Device, Request, System};

/// Its name.
pub(super) const NAME: &str = std::env::consts::OS;

const SYSTEM: System = if cfg!(target_os = "illumos") {
    System::Illumos
} else if cfg!(target_os = "freebsd") {
    System::FreeBsd
} else {
    System::MacOs
};

/// The kernel that this runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kernel;

impl Device for Kernel {
    type Open = File;

    fn system(&self) -> Option<System> {
        Some(SYSTEM)
    }

    fn open(&self) -> Result<File, i32> {
        File::options().read(true).write(true).open(SYSTEM.device()).map_err(|error| errno(&error))
    }

    unsafe fn ioctl(&self, open: &File, request: &mut Request) -> Result<i32, i32> {
        let mut pointer;
        let argument: *mut c_void = match &mut request.argument {
            // The sign goes along: the system takes a word here, and of this the lower half.
            Argument::Number(number) => ptr::without_provenance_mut(*number as usize),
            Argument::Structure(bytes) => bytes.as_mut_ptr().cast(),
            Argument::Pointer(bytes) => {
                pointer = bytes.as_mut_ptr();
                (&raw mut pointer).cast()
            }
        };
        // SAFETY: the file is open. The argument is what the number stands for, as the caller promises, and what it points to
        // lives until the call returns; this function borrows it alone.
        let result = unsafe { libc::ioctl(open.as_raw_fd(), request.number as _, argument) };
        if result == -1 { Err(errno(&io::Error::last_os_error())) } else { Ok(result) }
    }
}

fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}
