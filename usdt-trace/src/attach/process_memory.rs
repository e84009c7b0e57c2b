//! The memory of another process, now.
//!
//! # Safety
//!
//! `unsafe` is here for `process_vm_readv`, which nobody wraps: one system call instead of the three that /proc/PID/mem takes.
#![allow(unsafe_code)]

use libc::iovec;

/// Copies bytes of a process's memory; where it ends early, fewer.
///
/// # Errors
///
/// Says in a few words why there is nothing.
pub(super) fn read(pid: u32, address: u64, into: &mut [u8]) -> Result<usize, &'static str> {
    /// The kernel copies an element whole or not at all, so that none may span two pages.
    const PAGE: usize = 4096;
    let pid = i32::try_from(pid).map_err(|_| "the process has ended")?;
    let start = usize::try_from(address).map_err(|_| "not mapped")?;
    let first = (PAGE - start % PAGE).min(into.len());
    let part = |from: usize, len: usize| iovec {
        iov_base: std::ptr::without_provenance_mut(start.wrapping_add(from)),
        iov_len: len,
    };
    let mut parts = vec![part(0, first)];
    parts.extend((first..into.len()).step_by(PAGE).map(|from| part(from, PAGE.min(into.len() - from))));
    let local = iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
    // SAFETY: `local` is memory that is borrowed mutably for the call, `parts` an array of as many elements as said. Addresses
    // of the other process are checked by the kernel.
    let read = unsafe {
        libc::process_vm_readv(pid, &raw const local, 1, parts.as_ptr(), parts.len() as libc::c_ulong, 0)
    };
    match usize::try_from(read) {
        Ok(bytes) if bytes > 0 || into.is_empty() => Ok(bytes),
        _ => Err(match std::io::Error::last_os_error().raw_os_error() {
            Some(libc::ESRCH) => "the process has ended",
            Some(libc::EPERM) => "not permitted to read the process",
            _ => "not mapped",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_memory_and_none() {
        let text = vec![b'x'; 10_000];
        let mut copy = vec![0; 10_000];
        let own = std::process::id();
        assert_eq!(read(own, text.as_ptr().addr() as u64, &mut copy), Ok(10_000));
        assert_eq!(copy, text);
        assert_eq!(read(own, 16, &mut copy), Err("not mapped"));
        assert_eq!(read(u32::MAX, 16, &mut copy), Err("the process has ended"));
        assert_eq!(read(0x7FFF_FFFF, 16, &mut copy), Err("the process has ended"));
    }
}
