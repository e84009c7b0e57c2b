//! The system calls that registering takes, so that a test can be the kernel.
//!
//! # Safety
//!
//! `unsafe` is here because an `ioctl` does with memory whatever its number says. [`Device::ioctl`] leaves it to its caller to
//! pass a request that belongs to the device.
#![allow(unsafe_code)]

use super::{Request, System};

/// The numbers of errors, which these systems and Linux share.
pub(super) mod errno {
    pub(in crate::helper) const EPERM: i32 = 1;
    pub(in crate::helper) const ENOENT: i32 = 2;
    pub(in crate::helper) const EINTR: i32 = 4;
    pub(in crate::helper) const ENXIO: i32 = 6;
    pub(in crate::helper) const E2BIG: i32 = 7;
    pub(in crate::helper) const ENOMEM: i32 = 12;
    pub(in crate::helper) const EACCES: i32 = 13;
    pub(in crate::helper) const EFAULT: i32 = 14;
    pub(in crate::helper) const ENODEV: i32 = 19;
    pub(in crate::helper) const EINVAL: i32 = 22;
    pub(in crate::helper) const ENFILE: i32 = 23;
    pub(in crate::helper) const EMFILE: i32 = 24;
}

/// A helper device. Errors are the system's numbers, as in [`std::io::Error::raw_os_error`].
pub trait Device {
    /// The device, open. Dropping it closes it.
    type Open;

    /// Whose device it is; `None` if no kernel takes DOF here.
    fn system(&self) -> Option<System>;

    /// Opens it for reading and writing, not to be inherited by programs that this one executes.
    ///
    /// # Errors
    ///
    /// The number of the error.
    fn open(&self) -> Result<Self::Open, i32>;

    /// Makes the call once, and gives what it returned. The kernel may write to the request's structure.
    ///
    /// # Errors
    ///
    /// The number of the error.
    ///
    /// # Safety
    ///
    /// The request must be one that this library has made for the device's system. If it registers a DOF, the memory that it
    /// names must hold one for as long as that system may read it.
    unsafe fn ioctl(&self, open: &Self::Open, request: &mut Request) -> Result<i32, i32>;
}
