//! x86_64: nops of any length, `int3`, and the registers of a thread that has hit one.
//!
//! # Safety
//!
//! `unsafe` is here to read and write the registers that the kernel saved for a signal handler.
#![allow(unsafe_code)]

use std::ffi::c_void;

use usdt_core::stapsdt::operand::RegisterName;

/// `int3`, in the place of a nop's first byte. To write one byte is safe while others run it.
pub(super) const BREAKPOINT: Instruction = 0xCC;

/// What a breakpoint takes the place of: the first byte of a nop.
pub(super) type Instruction = u8;

/// The most bytes around a site that are looked at: before it, and from it on.
pub(super) const AROUND: (usize, usize) = (8, 18);

/// The nop behind the one at a site of this library's, which is one of 10 bytes.
const SECOND: [u8; 10] = [0x66, 0x2E, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0];

/// How long the nop is that these bytes begin with.
pub(super) fn nop(bytes: &[u8]) -> Option<usize> {
    let prefixes = bytes.iter().take_while(|byte| matches!(byte, 0x66 | 0x2E)).count();
    let len = match bytes.get(prefixes..)? {
        [0x90, ..] => 1,
        [0x0F, 0x1F, modes, rest @ ..] if modes & 0x38 == 0 => 3 + operand(*modes, rest.first().copied()),
        _ => return None,
    };
    // The processor refuses longer instructions.
    (prefixes + len <= bytes.len().min(15)).then_some(prefixes + len)
}

/// How many bytes an operand has behind the byte that says what it is.
fn operand(modes: u8, scale: Option<u8>) -> usize {
    let (mode, register) = (modes >> 6, modes & 7);
    let scaled = mode != 3 && register == 4;
    let displacement = match mode {
        0 if register == 5 || scaled && scale.is_some_and(|scale| scale & 7 == 5) => 4,
        1 => 1,
        2 => 4,
        _ => 0,
    };
    usize::from(scaled) + displacement
}

/// How far behind the site its breakpoint is, if it is one of this library's.
///
/// There the nop is followed by another, which is as good: nothing happens in between. So the first one is left to tracers that
/// watch through the kernel. They believe that every `int3` at a site is theirs.
///
/// Other compilers' code may have the same bytes for another reason, and be jumped to: only what is exactly this library's counts.
pub(super) fn second_nop(
    before: &[u8],
    site: &[u8],
    address: usize,
    semaphore: Option<usize>,
) -> Option<usize> {
    let behind = site.get(1..)?.strip_prefix(&SECOND)?;
    let is_static = match behind {
        // nopl semaphore(%rip)
        [0x0F, 0x1F, 0x05, a, b, c, d, ..] => {
            let displacement = i32::from_le_bytes([*a, *b, *c, *d]) as isize;
            semaphore == Some((address + 1 + SECOND.len() + 7).wrapping_add_signed(displacement))
        }
        _ => false,
    };
    // The stub of a probe that was defined while the program runs.
    let is_stub = before.ends_with(&[0xF3, 0x0F, 0x1E, 0xFA, 0x55, 0x48, 0x89, 0xE5])
        && behind.starts_with(&[0x5D, 0xC3]);
    (is_static || is_stub).then_some(1)
}

/// Nothing is to be done: processors see what is written to code.
pub(super) fn flush_instructions(_: usize) {}

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

    /// The address of the breakpoint, if it was one: the processor has gone on behind it.
    pub(super) fn breakpoint(&self) -> usize {
        (self.get(libc::REG_RIP) as usize).wrapping_sub(size_of::<Instruction>())
    }

    /// Where the thread goes on.
    pub(super) fn go_on_at(&self, address: usize) {
        // SAFETY: the context is the handler's, by the contract of `of`.
        unsafe { (*self.context).uc_mcontext.gregs[libc::REG_RIP as usize] = address as i64 };
    }

    /// What a register held; of a vector register the low half.
    pub(super) fn read(&self, name: RegisterName) -> Option<u64> {
        use libc::{REG_RAX, REG_RBP, REG_RBX, REG_RCX, REG_RDI, REG_RDX, REG_RIP, REG_RSI, REG_RSP};
        const NUMBERED: [i32; 8] = [REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI];
        match name {
            RegisterName::General(n @ 0..8) => Some(self.get(NUMBERED[usize::from(n)])),
            RegisterName::General(n @ 8..16) => Some(self.get(libc::REG_R8 + i32::from(n) - 8)),
            RegisterName::Vector(n @ 0..16) => self.vector(n.into()),
            RegisterName::ProgramCounter => Some(self.get(REG_RIP)),
            _ => None,
        }
    }

    fn get(&self, register: i32) -> u64 {
        // SAFETY: as above.
        unsafe { (*self.context).uc_mcontext.gregs[register as usize].cast_unsigned() }
    }

    fn vector(&self, n: usize) -> Option<u64> {
        // Behind the general registers is the address of the others, as the instruction `fxsave` stores them. The C libraries
        // call that field by different names.
        const GENERAL: usize = 23;
        const XMM: usize = 160;
        // SAFETY: as above; the layout is the kernel's. The area has all 16 registers, each of 16 bytes.
        unsafe {
            let others: *const u8 =
                (&raw const (*self.context).uc_mcontext).cast::<*const u8>().add(GENERAL).read();
            (!others.is_null()).then(|| others.add(XMM + 16 * n).cast::<u64>().read_unaligned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nops_have_a_length() {
        let nops: [&[u8]; 13] = [
            &[0x90],
            &[0x66, 0x90],
            &[0x0F, 0x1F, 0x00],
            &[0x0F, 0x1F, 0xC0],
            &[0x0F, 0x1F, 0x40, 0x00],
            &[0x0F, 0x1F, 0x44, 0x00, 0x00],
            &[0x66, 0x0F, 0x1F, 0x44, 0x00, 0x00],
            &[0x0F, 0x1F, 0x05, 1, 2, 3, 4],
            &[0x0F, 0x1F, 0x80, 0, 0, 0, 0],
            &[0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0],
            &[0x0F, 0x1F, 0x04, 0x25, 0, 0, 0, 0],
            &SECOND,
            &[0x66, 0x66, 0x2E, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0],
        ];
        for bytes in nops {
            let mut followed = bytes.to_vec();
            followed.resize(16, 0xC3);
            assert_eq!(nop(&followed), Some(bytes.len()), "{bytes:02x?}");
            assert_eq!(nop(&bytes[..bytes.len() - 1]), None, "{bytes:02x?}");
        }
    }

    #[test]
    fn everything_else_is_no_nop() {
        let others: [&[u8]; 7] = [
            &[0xCC; 16],
            &[0xE8, 0, 0, 0, 0],
            // pause, endbr64, an extended register, a nop with another instruction's number, prefixes alone.
            &[0xF3, 0x90],
            &[0xF3, 0x0F, 0x1E, 0xFA],
            &[0x41, 0x90],
            &[0x0F, 0x1F, 0x48, 0x00],
            &[0x66; 16],
        ];
        for bytes in others {
            assert_eq!(nop(bytes), None, "{bytes:02x?}");
        }
    }

    #[test]
    fn the_second_nop_is_known_by_what_is_around_it() {
        let mut site = vec![0x90];
        site.extend(SECOND);
        let static_site = [&site[..], &[0x0F, 0x1F, 0x05, 0xEE, 0x0F, 0, 0]].concat();
        assert_eq!(second_nop(&[], &static_site, 0x1000, Some(0x2000)), Some(1));
        assert_eq!(second_nop(&[], &static_site, 0x1000, Some(0x2002)), None);
        assert_eq!(second_nop(&[], &static_site, 0x1000, None), None);
        let stub = [&site[..], &[0x5D, 0xC3]].concat();
        assert_eq!(second_nop(&[0xF3, 0x0F, 0x1E, 0xFA, 0x55, 0x48, 0x89, 0xE5], &stub, 0, None), Some(1));
        assert_eq!(second_nop(&[0x90; 8], &stub, 0, None), None);
        assert_eq!(second_nop(&[], &[0x90; 18], 0, None), None);
    }
}
