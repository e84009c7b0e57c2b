//! From probes and their places to memory that holds a DOF of them.

use super::{DofMemory, System};
use crate::dof::{EncodeError, Flavour, Located, encode, locate};
use crate::model::Architecture;

/// A DOF of these probes for a system, in memory where it can be registered.
///
/// `module` is what tracers show as the probes' module.
///
/// # Errors
///
/// What a DOF can't hold, and what the system's kernel would refuse or drop.
pub fn describe(
    probes: &[Located],
    module: &str,
    system: System,
    architecture: Architecture,
) -> Result<DofMemory, EncodeError> {
    let dof_at = |address| encode(&locate(probes, system, architecture, address), system);
    let first = probes.iter().flat_map(|probe| probe.sites.iter().chain(&probe.enabled_sites)).min();
    let first = first.copied().unwrap_or(0);
    // How long it is doesn't depend on where it is.
    let length = dof_at(first)?.len();
    let mut memory = match system {
        Flavour::Illumos | Flavour::FreeBsd => DofMemory::reserve(module, length),
        Flavour::MacOs => DofMemory::near(first, module, length),
    };
    let dof = dof_at(memory.address())?;
    memory.bytes_mut().copy_from_slice(&dof);
    Ok(memory)
}
