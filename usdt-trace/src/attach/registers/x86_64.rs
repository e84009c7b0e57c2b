//! `enum perf_event_x86_regs` of the kernel's `arch/x86/include/uapi/asm/perf_regs.h`.

use usdt_core::stapsdt::operand::RegisterName;

/// `%rsp`.
pub(in super::super) const STACK_POINTER: u32 = 7;
/// `%rip`.
const PROGRAM_COUNTER: u32 = 8;
/// rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8–r15.
const GENERAL: [u32; 16] = [0, 2, 3, 1, STACK_POINTER, 6, 4, 5, 16, 17, 18, 19, 20, 21, 22, 23];

/// `%rdi`. Where a C function has its first argument.
pub(in super::super) const FIRST_ARGUMENT: RegisterName = RegisterName::General(7);

/// The register's number; `None` if samples don't have it.
pub(in super::super) fn number(name: RegisterName) -> Option<u32> {
    match name {
        RegisterName::General(number) => GENERAL.get(usize::from(number)).copied(),
        RegisterName::ProgramCounter => Some(PROGRAM_COUNTER),
        RegisterName::Vector(_) => None,
    }
}
