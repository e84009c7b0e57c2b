//! FreeBSD: an `ioctl` can't return a number there, so the structure has a field for the generation; and one for the
//! process, because `dtrace` registers for others.

use super::DofMemory;
use super::request::{Answer, Argument, DOF, Request, helper};

pub(super) const DEVICE: &str = "/dev/dtrace/helper";

/// `dtrace_helper_providers_max`.
pub(super) const LIMIT: usize = 32;

/// `DTRACEHIOC_ADDDOF`: `_IOWR('z', 3, dof_helper_t)`.
const ADD: u32 = 0xc058_7a03;
/// `DTRACEHIOC_REMOVE`: `_IOW('z', 2, int)`.
const REMOVE: u32 = 0x8004_7a02;

/// Where `dofhp_gen` is, behind `dofhp_dof` and `dofhp_pid`, in bytes.
const GENERATION: usize = DOF + 8 + 4;

pub(super) fn add(dof: &DofMemory, process: i32) -> Request {
    let mut bytes = helper(dof);
    bytes.extend(process.to_le_bytes());
    // Not 0, which is a generation: if nothing is written here, it shows.
    bytes.extend((-1_i32).to_le_bytes());
    Request { number: ADD, argument: Argument::Structure(bytes) }
}

pub(super) fn answer(structure: &[u8]) -> Answer {
    Answer::read(structure, GENERATION, |bytes| i32::from_le_bytes(bytes).into())
}

pub(super) fn remove(generation: i32) -> Request {
    Request { number: REMOVE, argument: Argument::Structure(generation.to_le_bytes().to_vec()) }
}
