//! The kernel of a build that has DTrace's sites on Linux (`--cfg usdt_probes_dtrace`): a function of the test's.
//!
//! # Safety
//!
//! `unsafe` is here because the trait asks for it. What a request names is the test's to look at.
#![allow(unsafe_code)]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};

use super::device::errno::ENOENT;
pub(super) use super::pages::Pages;
use super::{Argument, Device, Request, System};

/// Its name.
pub(super) const NAME: &str = "stand-in";

/// Does what an `ioctl` of a helper device does.
pub type Handler = fn(&mut Request) -> Result<i32, i32>;

static KERNEL: OnceLock<(System, Handler)> = OnceLock::new();

/// A kernel that takes everything and does nothing, for a program that can't be told of another one: the variable
/// `USDT_PROBES_STAND_IN` says of which system it is.
fn indifferent() -> Option<(System, Handler)> {
    static GENERATION: AtomicI32 = AtomicI32::new(0);
    fn take(request: &mut Request) -> Result<i32, i32> {
        let is_removal = matches!(request.argument, Argument::Number(_));
        Ok(if is_removal { 0 } else { GENERATION.fetch_add(1, Ordering::Relaxed) })
    }
    (std::env::var_os("USDT_PROBES_STAND_IN")? == "illumos").then_some((System::Illumos, take))
}

/// The kernel of the test, if there is one.
fn kernel() -> Option<(System, Handler)> {
    KERNEL.get().copied().or_else(indifferent)
}

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
        kernel().map(|(system, _)| system)
    }

    fn open(&self) -> Result<Handler, i32> {
        kernel().map(|(_, handler)| handler).ok_or(ENOENT)
    }

    unsafe fn ioctl(&self, open: &Handler, request: &mut Request) -> Result<i32, i32> {
        open(request)
    }
}
