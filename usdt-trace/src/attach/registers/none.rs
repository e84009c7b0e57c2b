//! An architecture that probes aren't known for: nothing can be attached to, so nobody asks.

use usdt_core::stapsdt::operand::RegisterName;

/// There is none.
pub(in super::super) const STACK_POINTER: u32 = 0;

/// There is none.
pub(in super::super) const FIRST_ARGUMENT: RegisterName = RegisterName::General(0);

/// None is known.
pub(in super::super) fn number(_: RegisterName) -> Option<u32> {
    None
}
