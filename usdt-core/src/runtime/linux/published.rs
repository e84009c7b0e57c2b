//! An image in a file of the user's directory, or in a file in memory: written once, verified, locked.
//!
//! A file is named after its content, `PROVIDER-HASH.so`, and never changes once it has that name: it is written under
//! another, and renamed without replacing anything. So the file that a tracer has attached to is the one that the next
//! process maps. Whoever maps it holds a shared lock, so that no other process collects it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{
    self, AtFlags, FlockOperation, MemfdFlags, Mode, OFlags, RenameFlags, SealFlags, Timespec, Timestamps,
};
use rustix::io::Errno;
use rustix::process::{Resource, geteuid, getrlimit};

use super::directory::Directory;
use super::{collect, refused};
use crate::images::file_name;
use crate::runtime::{Refusal, Step};
use crate::stapsdt::image::Image;

/// How often a file may turn out to be gone, or wrong, while others work on it.
const ATTEMPTS: u32 = 50;

/// An image that nobody collects while this lives.
pub(super) struct Held(OwnedFd);

impl Held {
    pub(super) fn file(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The image's file, which is written if it isn't there.
pub(super) fn file(directory: &Directory, provider: &str, image: &Image) -> Result<(Held, PathBuf), Refusal> {
    let name = file_name(provider, &image.id);
    let path = directory.path.join(&name);
    let refused = |(step, errno)| refused(step, Some(&path), errno);
    let mut last = Errno::AGAIN;
    for attempt in 0..ATTEMPTS {
        match hold(directory, &name, image).map_err(refused)? {
            Found::Held(held) => return Ok((held, path)),
            Found::Missing => {
                check_size(image)?;
                publish(directory, &name, image).map_err(refused)?;
                collect::sometimes(directory);
            }
            // Somebody has damaged it. Nobody else uses the name for anything else.
            Found::Wrong => match fs::unlinkat(&directory.fd, &name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(refused((Step::Write, errno))),
            },
            Found::Busy(errno) => {
                last = errno;
                std::thread::sleep(Duration::from_millis(u64::from(attempt)));
            }
        }
    }
    Err(refused((Step::Lock, last)))
}

/// What is there under the name.
enum Found {
    /// The image, locked.
    Held(Held),
    /// Nothing.
    Missing,
    /// Something else.
    Wrong,
    /// Something that another process is about to remove.
    Busy(Errno),
}

type Failure = (Step, Errno);

fn hold(directory: &Directory, name: &str, image: &Image) -> Result<Found, Failure> {
    // Non-blocking: in case that it is a pipe.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let fd = match fs::openat(&directory.fd, name, flags, Mode::empty()) {
        Ok(fd) => fd,
        Err(Errno::NOENT) => return Ok(Found::Missing),
        Err(Errno::LOOP | Errno::NXIO) => return Ok(Found::Wrong),
        Err(errno) => return Err((Step::Read, errno)),
    };
    match fs::flock(&fd, FlockOperation::NonBlockingLockShared) {
        Ok(()) => {}
        Err(errno @ (Errno::AGAIN | Errno::INTR)) => return Ok(Found::Busy(errno)),
        Err(errno) => return Err((Step::Lock, errno)),
    }
    // Between the open and the lock it may have been collected: then the name is gone, or another file's.
    let stat = fs::fstat(&fd).map_err(|errno| (Step::Read, errno))?;
    match fs::statat(&directory.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(named) if (named.st_dev, named.st_ino) == (stat.st_dev, stat.st_ino) => {}
        Ok(_) | Err(Errno::NOENT) => return Ok(Found::Busy(Errno::AGAIN)),
        Err(errno) => return Err((Step::Read, errno)),
    }
    let is_ours = stat.st_uid == geteuid().as_raw()
        && fs::FileType::from_raw_mode(stat.st_mode).is_file()
        && stat.st_mode & 0o022 == 0;
    let file = File::from(fd);
    if !is_ours || !holds(&file, &image.bytes).map_err(|errno| (Step::Read, errno))? {
        return Ok(Found::Wrong);
    }
    let fd = OwnedFd::from(file);
    touch(&fd, stat.st_mtime);
    Ok(Found::Held(Held(fd)))
}

/// Whether these are the file's bytes, all of them.
fn holds(mut file: &File, bytes: &[u8]) -> Result<bool, Errno> {
    let mut chunk = [0; 8192];
    let mut rest = bytes;
    loop {
        let read = match file.read(&mut chunk) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(errno(&error)),
        };
        if read == 0 {
            return Ok(rest.is_empty());
        }
        match rest.strip_prefix(&chunk[..read]) {
            Some(behind) => rest = behind,
            None => return Ok(false),
        }
    }
}

/// Notes that the file was used now, unless that was noted within the hour. What goes wrong here only makes it look older.
fn touch(fd: &OwnedFd, modified: i64) {
    let age =
        SystemTime::now().duration_since(UNIX_EPOCH + Duration::from_secs(modified.max(0).cast_unsigned()));
    if age.is_ok_and(|age| age > Duration::from_secs(3600)) {
        let now = Timespec { tv_sec: 0, tv_nsec: fs::UTIME_NOW };
        let _ = fs::futimens(fd, &Timestamps { last_access: now, last_modification: now });
    }
}

/// A process that writes more than it may is killed by a signal.
fn check_size(image: &Image) -> Result<(), Refusal> {
    let size = image.bytes.len() as u64;
    match getrlimit(Resource::Fsize).current {
        Some(limit) if limit < size => Err(Refusal::FileSize { limit, size }),
        _ => Ok(()),
    }
}

/// Writes the image under a name of its own, and gives it the real one when it is complete.
fn publish(directory: &Directory, name: &str, image: &Image) -> Result<(), Failure> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // The stack's address tells copies of this library apart.
    let unfinished = format!(".{}-{count}-{:x}.{name}", std::process::id(), (&raw const count).addr());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let write = |errno| (Step::Write, errno);
    let fd = fs::openat(&directory.fd, &unfinished, flags, Mode::RUSR).map_err(write)?;
    let written = File::from(fd).write_all(&image.bytes).map_err(|error| errno(&error));
    let named = written.and_then(|()| rename(directory, &unfinished, name));
    if named.is_err() {
        let _ = fs::unlinkat(&directory.fd, &unfinished, AtFlags::empty());
    }
    match named {
        // Another process was faster.
        Err(Errno::EXIST) => Ok(()),
        other => other.map_err(write),
    }
}

/// Renames without replacing.
fn rename(directory: &Directory, from: &str, to: &str) -> Result<(), Errno> {
    let fd = &directory.fd;
    match fs::renameat_with(fd, from, fd, to, RenameFlags::NOREPLACE) {
        // Some file systems can't.
        Err(Errno::INVAL | Errno::NOSYS) => {
            fs::linkat(fd, from, fd, to, AtFlags::empty())?;
            let _ = fs::unlinkat(fd, from, AtFlags::empty());
            Ok(())
        }
        other => other,
    }
}

/// The image in memory, where nothing can change it.
pub(super) fn memory(provider: &str, image: &Image) -> Result<Held, Refusal> {
    let refused = |errno| refused(Step::Memory, None, errno);
    check_size(image)?;
    let name = format!("usdt-probes:{provider}");
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = match fs::memfd_create(&name, flags | MemfdFlags::EXEC) {
        // Before Linux 6.3.
        Err(Errno::INVAL) => fs::memfd_create(&name, flags),
        other => other,
    };
    let mut file = File::from(fd.map_err(refused)?);
    file.write_all(&image.bytes).map_err(|error| refused(errno(&error)))?;
    let fd = OwnedFd::from(file);
    let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    fs::fcntl_add_seals(&fd, seals).map_err(refused)?;
    Ok(Held(fd))
}

fn errno(error: &std::io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}
