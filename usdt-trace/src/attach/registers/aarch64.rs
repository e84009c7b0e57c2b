//! `enum perf_event_arm_regs` of the kernel's `arch/arm64/include/uapi/asm/perf_regs.h`.

use usdt_core::stapsdt::operand::RegisterName;

/// `sp`.
pub(in super::super) const STACK_POINTER: u32 = 31;
/// `pc`.
const PROGRAM_COUNTER: u32 = 32;

/// `x0`. Where a C function has its first argument.
pub(in super::super) const FIRST_ARGUMENT: RegisterName = RegisterName::General(0);

/// The register's number; `None` if samples don't have it.
pub(in super::super) fn number(name: RegisterName) -> Option<u32> {
    match name {
        RegisterName::General(number) => (number <= 31).then_some(u32::from(number)),
        RegisterName::ProgramCounter => Some(PROGRAM_COUNTER),
        RegisterName::Vector(_) => None,
    }
}
