//! What differs between the systems, chosen by a value: every host can make the requests of any of them.

use super::request::{Answer, Request};
use super::{DofMemory, freebsd, illumos, macos};

/// A system whose kernel takes DOF: it has a flavour of its own.
pub use crate::dof::Flavour as System;

impl System {
    /// The path of its helper device.
    pub const fn device(self) -> &'static str {
        match self {
            System::Illumos => illumos::DEVICE,
            System::FreeBsd => freebsd::DEVICE,
            System::MacOs => macos::DEVICE,
        }
    }

    /// How many DOFs a process may have registered at a time.
    pub const fn limit(self) -> usize {
        match self {
            System::Illumos => illumos::LIMIT,
            System::FreeBsd => freebsd::LIMIT,
            System::MacOs => macos::LIMIT,
        }
    }

    /// Whether its kernel may read a DOF when the call that registered it has long returned.
    pub(super) const fn reads_later(self) -> bool {
        matches!(self, System::MacOs)
    }

    /// Registers a DOF of the process with this number, which must be the caller's own.
    pub(super) fn add(self, dof: &DofMemory, process: u32) -> Request {
        match self {
            System::Illumos => illumos::add(dof),
            System::FreeBsd => freebsd::add(dof, process.cast_signed()),
            System::MacOs => macos::add(dof),
        }
    }

    /// What the kernel said, from what the `ioctl` returned and what is now in the request.
    pub(super) fn answer(self, result: i32, request: &Request, dof: &DofMemory) -> Answer {
        match self {
            System::Illumos => illumos::answer(result),
            System::FreeBsd => freebsd::answer(request.structure()),
            System::MacOs => macos::answer(request.structure(), dof),
        }
    }

    /// Unregisters the DOF that the kernel has under this number.
    pub(super) fn remove(self, generation: i32) -> Request {
        match self {
            System::Illumos => illumos::remove(generation),
            System::FreeBsd => freebsd::remove(generation),
            System::MacOs => macos::remove(generation),
        }
    }
}
