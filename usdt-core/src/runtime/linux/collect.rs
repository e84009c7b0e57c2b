//! Removing images that nobody uses any more.
//!
//! An image outlives the processes that used it, so that a tracer may attach by path before the next one starts. So what is
//! collected is old (nobody has used it for a week), or one of too many.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{self, AtFlags, Dir, FlockOperation, Mode, OFlags};

use super::directory::Directory;
use crate::images::is_image;

/// How long an image is kept that nobody uses.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long a file is kept that was never finished: its writer was killed.
const UNFINISHED_KEPT: Duration = Duration::from_secs(3600);
/// How many images are kept that nobody uses, whatever their age.
const UNUSED: usize = 256;
/// How many images a process writes before it looks again.
const EVERY: u32 = 64;

/// Looks through the directory the first time that this process writes an image, and after every 64 more.
pub(super) fn sometimes(directory: &Directory) {
    static WRITTEN: AtomicU32 = AtomicU32::new(0);
    if WRITTEN.fetch_add(1, Ordering::Relaxed).is_multiple_of(EVERY) {
        collect(directory, SystemTime::now());
    }
}

struct Candidate {
    name: String,
    age: Duration,
}

/// Removes what is old, and of the rest the oldest ones if they are too many. What goes wrong is left for the next time.
fn collect(directory: &Directory, now: SystemTime) {
    let mut unused = Vec::new();
    for file in candidates(directory, now) {
        let kept = if file.name.starts_with('.') { UNFINISHED_KEPT } else { KEPT };
        if file.age > kept {
            remove(directory, &file.name);
        } else if !file.name.starts_with('.') {
            unused.push(file);
        }
    }
    unused.sort_by_key(|file| file.age);
    for file in unused.iter().skip(UNUSED) {
        remove(directory, &file.name);
    }
}

/// The images of the directory, and those that were never finished.
fn candidates(directory: &Directory, now: SystemTime) -> Vec<Candidate> {
    let Ok(entries) = Dir::read_from(&directory.fd) else { return Vec::new() };
    let candidate = |name: &str| {
        let stat = fs::statat(&directory.fd, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let modified = UNIX_EPOCH + Duration::from_secs(stat.st_mtime.max(0).cast_unsigned());
        let age = now.duration_since(modified).unwrap_or_default();
        Some(Candidate { name: name.to_owned(), age })
    };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str().ok().filter(|name| is_image(name)).and_then(candidate))
        .collect()
}

/// Removes a file unless a process holds it: those that do have a shared lock.
fn remove(directory: &Directory, name: &str) {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let Ok(fd) = fs::openat(&directory.fd, name, flags, Mode::empty()) else { return };
    if fs::flock(&fd, FlockOperation::NonBlockingLockExclusive).is_ok() {
        let _ = fs::unlinkat(&directory.fd, name, AtFlags::empty());
    }
}
