//! Writing to the program's own code.
//!
//! Two ways, one after the other. `/proc/self/mem` is what debuggers use: the kernel makes a copy of the page for this process
//! alone and writes there, and no page is writable and executable at any time. Where a process may not open that file
//! (it isn't dumpable, /proc isn't there) or the kernel was built to respect protections there too, `mprotect` makes the page
//! writable for a moment, and executable all the while, since others run it.
//!
//! # Safety
//!
//! `unsafe` is here to write to code. Only breakpoints are written, over the first bytes of nops, and those bytes again; both
//! are such that a processor which runs the instruction at that moment sees the one or the other.
#![allow(unsafe_code)]

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::ptr;

use super::arch::{Instruction, flush_instructions};

/// Why code could not be written.
#[derive(Debug)]
pub(super) struct Protected {
    pub(super) memory_file: io::Error,
    pub(super) mprotect: io::Error,
}

/// What is at an address.
///
/// # Safety
///
/// It must be readable.
pub(super) unsafe fn read(address: usize) -> Instruction {
    // SAFETY: the caller promises it; others may write to it, whole.
    unsafe { ptr::with_exposed_provenance::<Instruction>(address).read_volatile() }
}

/// Puts an instruction in the place of another.
///
/// # Safety
///
/// Each of the two must do for whoever runs it now or later, and the code must be mapped for this process alone.
pub(super) unsafe fn replace(
    address: usize,
    before: Instruction,
    after: Instruction,
) -> Result<(), Protected> {
    let written = through_memory_file(address, before, after).or_else(|memory_file| {
        // SAFETY: the caller's promise.
        unsafe { with_mprotect(address, after) }.map_err(|mprotect| Protected { memory_file, mprotect })
    });
    flush_instructions(address);
    synchronise();
    written
}

fn through_memory_file(address: usize, before: Instruction, after: Instruction) -> io::Result<()> {
    let file = OpenOptions::new().read(true).write(true).open("/proc/self/mem")?;
    let mut found = before.to_ne_bytes();
    file.read_exact_at(&mut found, address as u64)?;
    // Under an emulator the file may be another memory.
    if found != before.to_ne_bytes() {
        return Err(io::Error::other("it has something else there"));
    }
    file.write_all_at(&after.to_ne_bytes(), address as u64)?;
    // SAFETY: the address was readable before, and its protection is what it was.
    if unsafe { read(address) } == after { Ok(()) } else { Err(io::Error::other("nothing was changed")) }
}

/// # Safety
///
/// As for `replace`.
unsafe fn with_mprotect(address: usize, after: Instruction) -> io::Result<()> {
    const CODE: i32 = libc::PROT_READ | libc::PROT_EXEC;
    // SAFETY: it has no effect.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
    let start = ptr::with_exposed_provenance_mut(address & !(page - 1));
    let protect = |protection| {
        // SAFETY: the page stays readable and executable.
        if unsafe { libc::mprotect(start, page, protection) } == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    };
    protect(CODE | libc::PROT_WRITE)?;
    // SAFETY: the page is writable. The instruction lies within it, and is written at once.
    unsafe { ptr::with_exposed_provenance_mut::<Instruction>(address).write_volatile(after) };
    protect(CODE)
}

/// Has all threads see the new code before they go on. Where the kernel can't they see it a moment later.
fn synchronise() {
    const REGISTER: i32 = 1 << 6;
    const SYNC_CORE: i32 = 1 << 5;
    // SAFETY: it changes nothing but what processors have fetched in advance.
    unsafe {
        if libc::syscall(libc::SYS_membarrier, SYNC_CORE, 0, 0) != 0 {
            libc::syscall(libc::SYS_membarrier, REGISTER, 0, 0);
            libc::syscall(libc::SYS_membarrier, SYNC_CORE, 0, 0);
        }
    }
}
