//! Reading memory of which nobody knows that it is there, in the handler of a signal.
//!
//! A wrong note, or a wrong pointer in a right one, must not end the program. So the kernel is asked first: it reads a mask of
//! signals from the address and then refuses the request for another reason. That works in every container, costs
//! a system call for a page, and is what a signal handler may do.
//!
//! # Safety
//!
//! `unsafe` is here to read at addresses that operands name, after the kernel has read there. Another thread that unmaps the
//! memory in between would have done so during a firing whose arguments point there.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::ptr;

use crate::machine::{Fetched, Memory};

/// The smallest page there is: what is readable at one address of it is readable at all.
const PAGE: usize = 4096;

/// The memory of this process.
pub(super) struct Own;

impl Memory for Own {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<Fetched, &'static str> {
        // SAFETY: bytes that are initialised stay so, since only such are written.
        let into = unsafe { &mut *(ptr::from_mut(into) as *mut [MaybeUninit<u8>]) };
        match copy(address, into, false) {
            0 if !into.is_empty() => Err("not mapped"),
            bytes => Ok(Fetched { bytes, late: false }),
        }
    }
}

/// Copies the bytes at an address as far as they can be read, and up to the first NUL byte and with it where
/// `until_nul` says so. Says how many these are.
pub(super) fn copy(address: u64, into: &mut [MaybeUninit<u8>], until_nul: bool) -> usize {
    let Ok(address) = usize::try_from(address) else { return 0 };
    let mut copied = 0;
    while copied < into.len() {
        let Some(from) = address.checked_add(copied) else { break };
        let len = (PAGE - from % PAGE).min(into.len() - copied);
        if !readable(from) {
            break;
        }
        for into in &mut into[copied..copied + len] {
            // SAFETY: the kernel has just read from this page. Others may write to it meanwhile: each byte is read once.
            let byte = unsafe { ptr::with_exposed_provenance::<u8>(address + copied).read_volatile() };
            into.write(byte);
            copied += 1;
            if until_nul && byte == 0 {
                return copied;
            }
        }
    }
    copied
}

/// Whether the page of an address can be read.
pub(super) fn readable(address: usize) -> bool {
    /// No way to change a mask of signals.
    const REFUSED: i32 = -1;
    let mask = address & !7;
    // SAFETY: the kernel copies the mask of 8 bytes, or says that it can't, before it looks at what is to be done with it,
    // and refuses that. Nothing is changed but `errno`, which the handler puts back.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, REFUSED, mask, ptr::null_mut::<u8>(), 8) == -1
            && *libc::__errno_location() != libc::EFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(address: usize, len: usize, until_nul: bool) -> usize {
        copy(address as u64, &mut vec![MaybeUninit::uninit(); len], until_nul)
    }

    #[test]
    fn what_is_not_there_is_not_read() {
        let text = b"text\0and more";
        let at = text.as_ptr().expose_provenance();
        assert_eq!(copied(at, 13, false), 13);
        assert_eq!(copied(at, 13, true), 5);
        assert_eq!(copied(at, 3, true), 3);
        assert_eq!(copied(8, 8, false), 0);
        assert_eq!(copied(usize::MAX - 3, 8, false), 0);
        assert_eq!(copied(1 << 63, 8, false), 0);
    }

    #[test]
    fn the_end_of_a_mapping_ends_a_text() {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: two new pages that nobody knows, of which the second goes again.
        let at = unsafe {
            let at = libc::mmap(ptr::null_mut(), 2 * PAGE, protection, flags, -1, 0);
            assert_ne!(at, libc::MAP_FAILED);
            assert_eq!(libc::munmap(at.byte_add(PAGE), PAGE), 0);
            at.cast::<u8>().write_bytes(b'x', PAGE);
            at.expose_provenance()
        };
        assert_eq!(copied(at + PAGE - 10, 100, true), 10);
        assert_eq!(copied(at + PAGE, 100, true), 0);
    }
}
