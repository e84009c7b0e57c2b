//! Targets whose kernel takes no DOF.
//!
//! # Safety
//!
//! `unsafe` is here because the trait asks for it. Nothing can be open, so nothing is done.
#![allow(unsafe_code)]

use std::convert::Infallible;

use super::device::errno::ENODEV;
use super::{Device, Request, System};

/// Its name.
pub(super) const NAME: &str = "none";

/// The kernel that this runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kernel;

impl Device for Kernel {
    type Open = Infallible;

    fn system(&self) -> Option<System> {
        None
    }

    fn open(&self) -> Result<Infallible, i32> {
        Err(ENODEV)
    }

    unsafe fn ioctl(&self, open: &Infallible, _: &mut Request) -> Result<i32, i32> {
        match *open {}
    }
}

/// Memory whose place matters: there is none of these.
#[derive(Debug)]
pub(super) enum Pages {}

impl Pages {
    pub(super) fn near(_: u64, _: usize) -> Option<Pages> {
        None
    }

    pub(super) fn bytes(&mut self) -> &mut [u8] {
        match *self {}
    }
}
