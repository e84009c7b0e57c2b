//! aarch64: `nop`, `brk`, and the registers of a thread that has hit one.
//!
//! # Safety
//!
//! `unsafe` is here to read and write the registers that the kernel saved for a signal handler, and to make the processors see
//! new instructions.
#![allow(unsafe_code)]

use std::ffi::c_void;

use usdt_core::stapsdt::operand::RegisterName;

/// `brk #0`. The architecture lets one thread put it in the place of a nop, or the nop in its place, while others run it.
pub(super) const BREAKPOINT: Instruction = 0xD420_0000;

/// What a breakpoint takes the place of.
pub(super) type Instruction = u32;

/// The most bytes around a site that are looked at: before it, and from it on.
pub(super) const AROUND: (usize, usize) = (0, 4);

/// How long the nop is that these bytes begin with.
pub(super) fn nop(bytes: &[u8]) -> Option<usize> {
    bytes.starts_with(&[0x1F, 0x20, 0x03, 0xD5]).then_some(4)
}

/// There is none that may be replaced while others run it.
pub(super) fn second_nop(_: &[u8], _: &[u8], _: usize, _: Option<usize>) -> Option<usize> {
    None
}

/// Has the processors fetch the instruction at an address anew.
pub(super) fn flush_instructions(address: usize) {
    // SAFETY: it changes no memory.
    unsafe {
        std::arch::asm!(
            "dc cvau, {0}", "dsb ish", "ic ivau, {0}", "dsb ish", "isb",
            in(reg) address,
            options(nostack, preserves_flags),
        );
    }
}

/// The registers of a thread that a signal has interrupted.
#[derive(Clone, Copy)]
pub(super) struct Registers {
    context: *mut libc::ucontext_t,
}

impl Registers {
    /// # Safety
    ///
    /// `context` is the third argument of a signal handler, which runs as long as this is used.
    pub(super) unsafe fn of(context: *mut c_void) -> Registers {
        Registers { context: context.cast() }
    }

    /// The address of the breakpoint, if it was one: the processor stays at it.
    pub(super) fn breakpoint(&self) -> usize {
        // SAFETY: the context is the handler's, by the contract of `of`.
        unsafe { (*self.context).uc_mcontext.pc as usize }
    }

    /// Where the thread goes on.
    pub(super) fn go_on_at(&self, address: usize) {
        // SAFETY: as above.
        unsafe { (*self.context).uc_mcontext.pc = address as u64 };
    }

    /// What a register held; of a vector register the low half.
    pub(super) fn read(&self, name: RegisterName) -> Option<u64> {
        // SAFETY: as above.
        let context = unsafe { &(*self.context).uc_mcontext };
        match name {
            RegisterName::General(31) => Some(context.sp),
            RegisterName::General(n) => context.regs.get(usize::from(n)).copied(),
            RegisterName::ProgramCounter => Some(context.pc),
            RegisterName::Vector(n @ 0..32) => self.vector(n.into()),
            RegisterName::Vector(_) => None,
        }
    }

    fn vector(&self, n: usize) -> Option<u64> {
        // The records behind the general registers begin at a multiple of 16. Each has a number and its size; that of the
        // vector registers has two words of state before them.
        const VECTORS: u32 = 0x4650_8001;
        const RECORDS: usize = 4096;
        let mut at = 0;
        // SAFETY: as above; the layout is the kernel's, and a record of size 0 is the last one.
        unsafe {
            let general = &raw const (*self.context).uc_mcontext.pstate;
            let records: *const u8 = general.add(1).cast::<u8>();
            let records = records.byte_add(records.align_offset(16));
            while at + 8 <= RECORDS {
                let [number, size] = records.byte_add(at).cast::<[u32; 2]>().read();
                if number == VECTORS {
                    return Some(records.byte_add(at + 16 + 16 * n).cast::<u64>().read());
                }
                if size == 0 {
                    break;
                }
                at += size as usize;
            }
        }
        None
    }
}
