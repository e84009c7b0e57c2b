//! The backend of targets without probes.

use std::sync::atomic::AtomicU16;

use super::{ProviderDefinition, Refusal, Status};
use crate::value::plan::Frame;

/// Its name.
pub(super) const NAME: &str = "none";

/// There are none of these.
pub(super) enum Installed {}

impl Installed {
    pub(super) fn new(_: &ProviderDefinition) -> Result<Self, Refusal> {
        Err(Refusal::Unsupported)
    }

    pub(super) fn status(&self) -> &Status {
        match *self {}
    }

    pub(super) fn semaphore(&self, _: usize) -> &AtomicU16 {
        match *self {}
    }

    pub(super) fn is_watched(&self, _: usize) -> bool {
        match *self {}
    }

    pub(super) fn described(&self, _: usize) -> usize {
        match *self {}
    }

    pub(super) fn fire(&self, _: usize, _: &Frame) {
        match *self {}
    }
}
