//! The kernel's file system in which uprobes are defined by name.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};

/// Where it is mounted, if it is.
const USUAL: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];
/// The file that lists the uprobes, and takes commands.
const UPROBES: &str = "uprobe_events";

/// The file system's root directory.
#[derive(Debug)]
pub(super) struct Tracefs {
    root: OwnedFd,
}

impl Tracefs {
    /// Where it is mounted; else a mount of its own, which nobody else sees.
    pub(super) fn find() -> Option<Tracefs> {
        let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let usual = USUAL.iter().filter_map(|path| openat(CWD, *path, directory, Mode::empty()).ok());
        let usable = |tracefs: &Tracefs| tracefs.open(UPROBES, OFlags::WRONLY | OFlags::APPEND).is_ok();
        usual.map(|root| Tracefs { root }).find(usable).or_else(|| Tracefs::mount().ok().filter(usable))
    }

    fn mount() -> io::Result<Tracefs> {
        let context = fsopen("tracefs", FsOpenFlags::FSOPEN_CLOEXEC)?;
        fsconfig_create(&context)?;
        let root = fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())?;
        Ok(Tracefs { root })
    }

    /// The definitions of all uprobes, a line each.
    pub(super) fn uprobes(&self) -> io::Result<String> {
        self.read(UPROBES)
    }

    /// Defines an uprobe, or removes one.
    pub(super) fn command(&self, command: &str) -> io::Result<()> {
        // Without `APPEND` the kernel would remove all the others.
        let mut file = self.open(UPROBES, OFlags::WRONLY | OFlags::APPEND)?;
        file.write_all(format!("{command}\n").as_bytes())
    }

    pub(super) fn read(&self, path: &str) -> io::Result<String> {
        let mut text = String::new();
        self.open(path, OFlags::RDONLY)?.read_to_string(&mut text)?;
        Ok(text)
    }

    fn open(&self, path: &str, flags: OFlags) -> io::Result<File> {
        Ok(openat(&self.root, path, flags | OFlags::CLOEXEC, Mode::empty())?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_of_its_own_has_the_same_events() {
        let (Some(found), Ok(own)) = (Tracefs::find(), Tracefs::mount()) else {
            panic!("this test needs root");
        };
        assert_eq!(found.read("events/header_page").unwrap(), own.read("events/header_page").unwrap());
        own.uprobes().unwrap();
    }
}
