//! The program's own instructions, and the signal of a breakpoint.
//!
//! # Safety
//!
//! `unsafe` is here to write to code, and to handle a signal.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::sync::OnceLock;

use crate::registers::Registers;

/// The bytes at an address.
///
/// # Safety
///
/// So many bytes must be readable there.
#[cfg(usdt_probes_dtrace)]
pub(crate) unsafe fn at<const N: usize>(address: usize) -> [u8; N] {
    // SAFETY: the caller promises it.
    unsafe { (address as *const [u8; N]).read_unaligned() }
}

/// Replaces instructions, which must be what they are said to be.
///
/// # Safety
///
/// No other thread may run what is replaced, and what takes its place must do no harm.
pub(crate) unsafe fn replace(address: usize, before: &[u8], after: &[u8]) {
    let page = address & !0xFFFF;
    let len = address + before.len() - page;
    let at = address as *mut u8;
    // SAFETY: it is code of this program; that the bytes are what is expected is checked before the write.
    unsafe {
        assert_eq!(std::slice::from_raw_parts(at, before.len()), before, "at {address:#x}");
        // The pages before may belong to nobody: then the page itself will do.
        let (page, len) =
            if protect(page, len, libc::PROT_WRITE) { (page, len) } else { (address & !0xFFF, 0x1000) };
        assert!(protect(page, len, libc::PROT_WRITE), "mprotect failed");
        std::ptr::copy_nonoverlapping(after.as_ptr(), at, after.len());
        assert!(protect(page, len, 0), "mprotect failed");
    }
    flush_instructions(at);
}

/// # Safety
///
/// Taking the right to write away from pages must not matter to anybody.
unsafe fn protect(page: usize, len: usize, also: i32) -> bool {
    // SAFETY: code stays readable and executable; the rest is the caller's promise.
    unsafe { libc::mprotect(page as *mut c_void, len, libc::PROT_READ | libc::PROT_EXEC | also) == 0 }
}

#[cfg(target_arch = "aarch64")]
fn flush_instructions(at: *mut u8) {
    // SAFETY: makes what was written at `at` visible to instruction fetch; it changes no memory.
    unsafe {
        std::arch::asm!("dc cvau, {0}", "dsb ish", "ic ivau, {0}", "dsb ish", "isb", in(reg) at, options(nostack));
    }
}

#[cfg(not(target_arch = "aarch64"))]
fn flush_instructions(_: *mut u8) {}

static HANDLER: OnceLock<fn(&mut Registers)> = OnceLock::new();

/// Has a function called at each breakpoint, with the registers as they were. The first call decides which.
///
/// It runs in the thread that hit the breakpoint, between two instructions.
pub(crate) fn on_trap(handler: fn(&mut Registers)) {
    HANDLER.get_or_init(|| handler);
    // SAFETY: zero is a valid sigaction; the handler has the signature that SA_SIGINFO asks for.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = trapped as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        assert_eq!(libc::sigaction(libc::SIGTRAP, &raw const action, std::ptr::null_mut()), 0);
    }
}

extern "C" fn trapped(_: i32, _: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel gives a context to this handler, which is running.
    let mut registers = unsafe { Registers::of(context) };
    HANDLER.get().expect("it was set before the signal's handler")(&mut registers);
}
