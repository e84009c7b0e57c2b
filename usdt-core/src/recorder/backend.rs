//! No recorder: there are no semaphores that it could raise. Where there are, `linux` is in the place of this file.

use super::{Error, Options, Recorded};
use crate::value::plan::Frame;

pub(super) fn start(_: Options) -> Result<(), Error> {
    Err(Error::Unsupported)
}

pub(super) fn stop() {}

pub(super) fn refresh() {}

pub(super) fn is_running() -> bool {
    false
}

/// Nothing is recorded.
#[doc(hidden)]
#[inline(always)]
pub fn record(_: &impl Recorded, _: &Frame) {}
