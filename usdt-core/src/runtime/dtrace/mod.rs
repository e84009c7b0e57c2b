//! Systems with DTrace: a provider's probes are stubs of a pool, which the kernel learns of through a DOF.
//!
//! ```text
//! definition ──pool──▶ a stub a probe ──registry──▶ one DOF a provider ──helper──▶ the kernel
//! ```
//!
//! There is no memory that is both writable and executable: the stubs were compiled. Nor is there a semaphore that a tracer
//! raises: a probe asks its stub whether anybody watches.

mod anchor;
mod pool;
mod registry;
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
mod stub;
// A test has no kernel, but on Linux one that stands in for it.
#[cfg(all(test, target_os = "linux"))]
mod tests;

use std::sync::atomic::AtomicU16;

use self::registry::Taken;
use super::{ProviderDefinition, Refusal, Status};
use crate::model::described;
use crate::value::plan::Frame;

/// Its name.
pub(super) const NAME: &str = "dtrace";

/// The probes of one definition, where tracers find them.
pub(super) struct Installed {
    taken: Taken,
    /// One a probe, all of them 1: whoever looks at it has to ask further.
    semaphores: Box<[AtomicU16]>,
    described: Box<[usize]>,
    status: Status,
}

impl Installed {
    /// Takes a stub for each probe and has the kernel learn of them.
    pub(super) fn new(definition: &ProviderDefinition) -> Result<Self, Refusal> {
        let (taken, status) = Taken::new(definition)?;
        Ok(Installed {
            taken,
            semaphores: definition.probes.iter().map(|_| AtomicU16::new(1)).collect(),
            described: definition.probes.iter().map(|probe| described(&probe.args)).collect(),
            status: Status::Registered { status },
        })
    }

    pub(super) fn status(&self) -> &Status {
        &self.status
    }

    pub(super) fn semaphore(&self, index: usize) -> &AtomicU16 {
        &self.semaphores[index]
    }

    /// Whether somebody watches.
    pub(super) fn is_watched(&self, index: usize) -> bool {
        self.taken.stub(index).is_enabled()
    }

    pub(super) fn described(&self, index: usize) -> usize {
        self.described[index]
    }

    pub(super) fn fire(&self, index: usize, frame: &Frame) {
        self.taken.stub(index).fire(frame);
    }
}
