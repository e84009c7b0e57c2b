//! What the copies of this library in one process agree about.
//!
//! A process may hold several copies: a program and a plugin of it, two versions. They know nothing of each other, and an
//! image must be mapped once. So each looks for the image in the list of the process's mappings, and counts itself there, in
//! a word of the image's own memory. While it does so it holds a lock that every copy can find and no other process can: on
//! the process's own directory in `/proc`.

use std::fmt::Write as _;
use std::fs;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{CWD, FlockOperation, Mode, OFlags, flock, openat};
use rustix::io::Errno;

/// No other copy in this process maps or unmaps while this lives.
///
/// Without `/proc` there is no lock, and no list to look into either: each copy then has a mapping of its own.
pub(super) struct Lock {
    directory: Option<OwnedFd>,
}

impl Lock {
    pub(super) fn take() -> Lock {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(CWD, "/proc/self", flags, Mode::empty()).ok();
        let locked = directory.filter(|directory| {
            loop {
                match flock(directory, FlockOperation::LockExclusive) {
                    Err(Errno::INTR) => {}
                    other => return other.is_ok(),
                }
            }
        });
        Lock { directory: locked }
    }
}

/// Closing the file is not enough: a child that was forked meanwhile has it too, and would keep the lock.
impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(directory) = &self.directory {
            let _ = flock(directory, FlockOperation::Unlock);
        }
    }
}

/// Where the file's two segments are mapped in this process, if they are: code at the start of the file, and data from
/// `data` bytes on.
pub(super) fn find(file: BorrowedFd<'_>, data: usize) -> Option<usize> {
    let path = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()?;
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    find_in(&maps, &escaped(path.to_str()?), data)
}

/// As the list of mappings has a path: a line break in it is written as a number.
fn escaped(path: &str) -> String {
    path.replace('\n', "\\012")
}

fn find_in(maps: &str, path: &str, data: usize) -> Option<usize> {
    let mut data_at = String::new();
    write!(data_at, "{data:08x}").ok()?;
    let mut code = None;
    for line in maps.lines().filter(|line| line.ends_with(path)) {
        let Some(mapped) = Mapped::parse(line).filter(|mapped| mapped.path == path) else { continue };
        match (mapped.permissions, mapped.offset) {
            ("r-xp", "00000000") => code = Some(mapped.start),
            ("rw-p", offset) if offset == data_at && code.is_some_and(|code| code + data == mapped.start) => {
                return code;
            }
            _ => {}
        }
    }
    None
}

/// A line of `/proc/self/maps`.
struct Mapped<'a> {
    start: usize,
    permissions: &'a str,
    offset: &'a str,
    path: &'a str,
}

impl<'a> Mapped<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.splitn(6, ' ');
        let (start, _) = words.next()?.split_once('-')?;
        Some(Mapped {
            start: usize::from_str_radix(start, 16).ok()?,
            permissions: words.next()?,
            offset: words.next()?,
            path: words.nth(2)?.trim_start(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
7f1000000000-7f1000002000 r-xp 00000000 fe:00 123                        /tmp/usdt-probes-0/a b-12.so
7f1000002000-7f1000003000 rw-p 00002000 fe:00 123                        /tmp/usdt-probes-0/a b-12.so
7f1000004000-7f1000006000 r-xp 00000000 fe:00 124                        /tmp/usdt-probes-0/half-12.so
7f1000007000-7f1000008000 rw-p 00002000 fe:00 124                        /tmp/usdt-probes-0/half-12.so
7f1000010000-7f1000012000 r-xp 00000000 fe:00 125                        /tmp/x/tmp/usdt-probes-0/c-12.so
7f1000012000-7f1000013000 rw-p 00002000 fe:00 125                        /tmp/x/tmp/usdt-probes-0/c-12.so
7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]
";

    #[test]
    fn an_image_is_found_where_both_segments_are_in_place() {
        let find = |path| find_in(MAPS, path, 0x2000);
        assert_eq!(find("/tmp/usdt-probes-0/a b-12.so"), Some(0x7f10_0000_0000));
        assert_eq!(find_in(MAPS, "/tmp/usdt-probes-0/a b-12.so", 0x3000), None);
        assert_eq!(find("/tmp/usdt-probes-0/half-12.so"), None);
        assert_eq!(find("/tmp/usdt-probes-0/c-12.so"), None);
        assert_eq!(find("/tmp/x/tmp/usdt-probes-0/c-12.so"), Some(0x7f10_0001_0000));
        assert_eq!(find("[stack]"), None);
    }

    #[test]
    fn the_lock_excludes_within_the_process() {
        let inside = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let _lock = Lock::take();
                        assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::Relaxed), 0);
                        inside.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
                    }
                });
            }
        });
    }
}
