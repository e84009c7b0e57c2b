//! macOS: several DOFs go in one call, of which this library needs one. The kernel may do no more than note their addresses,
//! and read them when somebody starts to trace, so their memory has to stay.

use super::DofMemory;
use super::request::{Answer, Argument, DOF, Request, helper};

pub(super) const DEVICE: &str = "/dev/dtracehelper";

/// `dtrace_helper_providers_max`.
pub(super) const LIMIT: usize = 64;

/// `DTRACEHIOC_ADDDOF`: `_IOW('h', 4, user_addr_t)`.
const ADD: u32 = 0x8008_6804;
/// `DTRACEHIOC_REMOVE`: `_IO('h', 2)`.
const REMOVE: u32 = 0x2000_6802;

/// `dofiod_count`: how many DOFs there are.
const COUNT: u64 = 1;

pub(super) fn add(dof: &DofMemory) -> Request {
    let mut bytes = COUNT.to_le_bytes().to_vec();
    bytes.extend(helper(dof));
    Request { number: ADD, argument: Argument::Pointer(bytes) }
}

/// The generation comes back in the place of the DOF's address. If user probes are switched off, the kernel reports success
/// and the address is still there.
pub(super) fn answer(structure: &[u8], dof: &DofMemory) -> Answer {
    match Answer::read(structure, size_of_val(&COUNT) + DOF, i64::from_le_bytes) {
        Answer::Nonsense(number) if number.cast_unsigned() == dof.address() => Answer::Ignored,
        answer => answer,
    }
}

pub(super) fn remove(generation: i32) -> Request {
    Request { number: REMOVE, argument: Argument::Number(generation) }
}
