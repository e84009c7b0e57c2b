//! The kernel of a build that has DTrace's sites on Linux (`--cfg usdt_probes_dtrace`): a function of the test's.
//!
//! # Safety
//!
//! `unsafe` is here because the trait asks for it. What a request names is the test's to look at.
#![allow(unsafe_code)]

use std::sync::OnceLock;

use super::device::errno::ENOENT;
pub(super) use super::pages::Pages;
use super::{Device, Request, System};

/// Its name.
pub(super) const NAME: &str = "stand-in";

/// Does what an `ioctl` of a helper device does.
pub type Handler = fn(&mut Request) -> Result<i32, i32>;

static KERNEL: OnceLock<(System, Handler)> = OnceLock::new();

/// From now on requests are made for this system, and go to this function. The first call decides.
pub fn stand_in(system: System, handler: Handler) {
    KERNEL.get_or_init(|| (system, handler));
}

/// The kernel that this runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kernel;

impl Device for Kernel {
    type Open = Handler;

    fn system(&self) -> Option<System> {
        KERNEL.get().map(|&(system, _)| system)
    }

    fn open(&self) -> Result<Handler, i32> {
        KERNEL.get().map(|&(_, handler)| handler).ok_or(ENOENT)
    }

    unsafe fn ioctl(&self, open: &Handler, request: &mut Request) -> Result<i32, i32> {
        open(request)
    }
}
