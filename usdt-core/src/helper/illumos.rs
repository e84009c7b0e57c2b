//! illumos: the oldest of the three. The generation is what the `ioctl` returns.

use super::DofMemory;
use super::request::{Answer, Argument, Request, helper};

pub(super) const DEVICE: &str = "/dev/dtrace/helper";

/// `dtrace_helper_providers_max`.
pub(super) const LIMIT: usize = 32;

/// `DTRACEHIOC_ADDDOF` and `DTRACEHIOC_REMOVE`: `dth` and a number.
const ADD: u32 = 0x6474_6803;
const REMOVE: u32 = 0x6474_6802;

pub(super) fn add(dof: &DofMemory) -> Request {
    Request { number: ADD, argument: Argument::Structure(helper(dof)) }
}

pub(super) fn answer(result: i32) -> Answer {
    Answer::of(i64::from(result))
}

pub(super) fn remove(generation: i32) -> Request {
    Request { number: REMOVE, argument: Argument::Number(generation) }
}
