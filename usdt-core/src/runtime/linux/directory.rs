//! The directory of a user's images.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{self, CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid, getgid, getuid};

use super::refused;
use crate::runtime::{Refusal, Step};

/// The directory, open, so that nobody can put another in its place.
pub(super) struct Directory {
    pub(super) fd: OwnedFd,
    pub(super) path: PathBuf,
}

/// Where it may be, the best place first. Where the user has said which one, that alone.
pub(super) fn candidates() -> Vec<PathBuf> {
    let variable = |name| {
        // A program that runs with more rights than whoever started it doesn't let them say where its files go.
        let trusted = getuid() == geteuid() && getgid() == getegid();
        let value = std::env::var_os(name).filter(|value| trusted && !value.is_empty())?;
        // A relative path would be another directory in each process.
        Some(PathBuf::from(value)).filter(|path| path.is_absolute())
    };
    if let Some(path) = variable("USDT_PROBES_DIR") {
        return vec![path];
    }
    let of_session = variable("XDG_RUNTIME_DIR").map(|path| path.join("usdt-probes"));
    let of_user = PathBuf::from(format!("/tmp/usdt-probes-{}", geteuid().as_raw()));
    of_session.into_iter().chain([of_user]).collect()
}

/// Opens the directory, and makes it if it isn't there. It must be this user's alone: whoever can write to it could have
/// this process run code of theirs.
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
            return Err(insecure(path, "is a symbolic link, or not a directory"));
        }
        Err(errno) => return Err(refused(Step::Directory, Some(path), errno)),
    };
    let stat = fs::fstat(&fd).map_err(|errno| refused(Step::Directory, Some(path), errno))?;
    if stat.st_uid != geteuid().as_raw() {
        return Err(insecure(path, "belongs to another user"));
    }
    if stat.st_mode & 0o077 != 0 {
        return Err(insecure(path, "is open to other users"));
    }
    Ok(Directory { fd, path: path.to_owned() })
}

fn insecure(path: &Path, problem: &'static str) -> Refusal {
    Refusal::Insecure { path: path.to_owned(), problem }
}
