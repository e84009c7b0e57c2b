//! The registers of the two architectures, by the names that notes use.
//!
//! # Safety
//!
//! `unsafe` is here to read and write the registers that the kernel saved for a signal handler.
#![allow(unsafe_code)]

use std::ffi::c_void;

/// The instruction that stops the program, as long as the nop at a location is.
#[cfg(target_arch = "x86_64")]
pub(crate) const BREAKPOINT: &[u8] = &[0xCC];
/// The instruction that stops the program, as long as the nop at a location is.
#[cfg(target_arch = "aarch64")]
pub(crate) const BREAKPOINT: &[u8] = &[0x00, 0x00, 0x20, 0xD4];

/// What stands at a location.
#[cfg(target_arch = "x86_64")]
pub(crate) const NOP: &[u8] = &[0x90];
/// What stands at a location.
#[cfg(target_arch = "aarch64")]
pub(crate) const NOP: &[u8] = &[0x1F, 0x20, 0x03, 0xD5];

/// The saved registers.
pub(crate) struct Registers {
    context: *mut libc::ucontext_t,
}

impl Registers {
    /// # Safety
    ///
    /// `context` is the third argument of a signal handler, which is running.
    pub(crate) unsafe fn of(context: *mut c_void) -> Registers {
        Registers { context: context.cast() }
    }

    /// The address of the breakpoint that was hit, after which the program will go on.
    pub(crate) fn step_over_breakpoint(&mut self) -> u64 {
        // SAFETY: the context is the handler's, by the contract of `of`.
        let context = unsafe { &mut (*self.context).uc_mcontext };
        #[cfg(target_arch = "x86_64")]
        {
            // The processor has gone on already.
            context.gregs[libc::REG_RIP as usize] as u64 - 1
        }
        #[cfg(target_arch = "aarch64")]
        {
            let at = context.pc;
            context.pc += 4;
            at
        }
    }

    /// What a note says: a register, or the word in memory so many bytes behind where a register points (`16(%rbp)`).
    #[cfg(not(usdt_probes_dtrace))]
    pub(crate) fn read(&self, operand: &str) -> u64 {
        let Some((offset, register)) = operand.strip_suffix(')').and_then(|o| o.split_once('(')) else {
            return self.register(operand);
        };
        let offset: i64 = offset.parse().expect("a decimal offset");
        let address = self.register(register).wrapping_add_signed(offset);
        // SAFETY: the note says that the operand is there, in the frame of the function that was stopped.
        unsafe { (address as *const u64).read() }
    }

    /// Makes the result of the instruction that was patched.
    #[cfg(usdt_probes_dtrace)]
    pub(crate) fn set_result(&mut self, value: i64) {
        // SAFETY: the context is the handler's, by the contract of `of`.
        let context = unsafe { &mut (*self.context).uc_mcontext };
        #[cfg(target_arch = "x86_64")]
        {
            context.gregs[libc::REG_RAX as usize] = value;
        }
        #[cfg(target_arch = "aarch64")]
        {
            context.regs[0] = value.cast_unsigned();
        }
    }

    /// An argument where the C convention has it for a call that is about to be made.
    #[cfg(usdt_probes_dtrace)]
    pub(crate) fn c_argument(&self, n: usize) -> u64 {
        #[cfg(target_arch = "x86_64")]
        const NAMES: [&str; 6] = ["%rdi", "%rsi", "%rdx", "%rcx", "%r8", "%r9"];
        #[cfg(target_arch = "aarch64")]
        const NAMES: [&str; 8] = ["x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7"];
        if let Some(name) = NAMES.get(n) {
            return self.register(name);
        }
        let pointer = self.stack_pointer() + 8 * (n - NAMES.len()) as u64;
        // SAFETY: the program has put so many arguments there.
        unsafe { (pointer as *const u64).read() }
    }

    /// An argument as a kernel reads it. That of macOS gives D programs the first five on aarch64, and 0 for the others.
    #[cfg(usdt_probes_dtrace)]
    pub(crate) fn probe_argument(&self, n: usize) -> u64 {
        if cfg!(target_arch = "aarch64") && n >= 5 { 0 } else { self.c_argument(n) }
    }

    #[cfg(usdt_probes_dtrace)]
    fn stack_pointer(&self) -> u64 {
        // SAFETY: the context is the handler's, by the contract of `of`.
        let context = unsafe { &(*self.context).uc_mcontext };
        #[cfg(target_arch = "x86_64")]
        {
            context.gregs[libc::REG_RSP as usize].cast_unsigned()
        }
        #[cfg(target_arch = "aarch64")]
        {
            context.sp
        }
    }

    fn register(&self, name: &str) -> u64 {
        // SAFETY: the context is the handler's, by the contract of `of`.
        let context = unsafe { &(*self.context).uc_mcontext };
        #[cfg(target_arch = "x86_64")]
        {
            context.gregs[greg(name)] as u64
        }
        #[cfg(target_arch = "aarch64")]
        {
            let number = name.strip_prefix('x').and_then(|n| n.parse::<usize>().ok());
            context.regs[number.unwrap_or_else(|| panic!("no register {name}"))]
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn greg(name: &str) -> usize {
    let number = match name {
        "%rax" => libc::REG_RAX,
        "%rbx" => libc::REG_RBX,
        "%rcx" => libc::REG_RCX,
        "%rdx" => libc::REG_RDX,
        "%rsi" => libc::REG_RSI,
        "%rdi" => libc::REG_RDI,
        "%rbp" => libc::REG_RBP,
        "%r8" => libc::REG_R8,
        "%r9" => libc::REG_R9,
        "%r10" => libc::REG_R10,
        "%r11" => libc::REG_R11,
        "%r12" => libc::REG_R12,
        "%r13" => libc::REG_R13,
        "%r14" => libc::REG_R14,
        "%r15" => libc::REG_R15,
        _ => panic!("no register {name}"),
    };
    number as usize
}
