//! The directory of a user's images.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{self, CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid, getgid, getuid};

use super::refused;
use crate::images;
use crate::runtime::{Refusal, Step};

/// The directory, open, so that nobody can put another in its place.
pub(super) struct Directory {
    pub(super) fd: OwnedFd,
    pub(super) path: PathBuf,
}

/// Where it may be, the best place first.
pub(super) fn candidates() -> Vec<PathBuf> {
    // A program that runs with more rights than whoever started it doesn't let them say where its files go.
    let trusted = getuid() == geteuid() && getgid() == getegid();
    let variable = |name: &str| std::env::var_os(name).filter(|_| trusted);
    images::candidates(geteuid().as_raw(), variable)
}

/// Opens the directory, and makes it if it isn't there. [`images::insecure`] says what it must be like.
pub(super) fn open(path: &Path) -> Result<Directory, Refusal> {
    match fs::mkdir(path, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        // The open that follows says whether it is there all the same, on a read-only file system.
        Err(Errno::ROFS | Errno::ACCESS | Errno::PERM) => {}
        Err(errno) => return Err(refused(Step::Directory, Some(path), errno)),
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = match fs::openat(CWD, path, flags, Mode::empty()) {
        Ok(fd) => fd,
        Err(Errno::LOOP | Errno::NOTDIR) => {
            return Err(insecure(path, images::NO_DIRECTORY));
        }
        Err(errno) => return Err(refused(Step::Directory, Some(path), errno)),
    };
    let stat = fs::fstat(&fd).map_err(|errno| refused(Step::Directory, Some(path), errno))?;
    if let Some(problem) = images::insecure(stat.st_uid, stat.st_mode, geteuid().as_raw()) {
        return Err(insecure(path, problem));
    }
    Ok(Directory { fd, path: path.to_owned() })
}

fn insecure(path: &Path, problem: &'static str) -> Refusal {
    Refusal::Insecure { path: path.to_owned(), problem }
}
