//! The directory of images: the files of providers that are defined while programs run. The rules for it are in
//! `usdt_core::images`: programs refuse a directory that others could write to.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::StatVfsMountFlags;
use usdt_core::images;

use super::finding::Finding;

/// A directory, as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) path: PathBuf,
    pub(super) is_directory: bool,
    pub(super) owner: u32,
    pub(super) mode: u32,
    pub(super) forbids_code: bool,
    /// How many images there are.
    pub(super) images: usize,
    /// How many of them are mapped by processes that can be looked into.
    pub(super) used: usize,
    /// How many files there are that nobody finished writing.
    pub(super) unfinished: usize,
}

/// The directories that there are.
pub(super) fn read(user: u32) -> Vec<Directory> {
    // As a program looks for it that this user starts like this command.
    images::candidates(user, |name| std::env::var_os(name))
        .iter()
        .filter_map(|path| directory(path))
        .collect()
}

fn directory(path: &Path) -> Option<Directory> {
    // A link is not followed: the library doesn't either.
    let metadata = std::fs::symlink_metadata(path).ok()?;
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let (unfinished, finished): (Vec<&String>, Vec<&String>) =
        names.iter().filter(|name| images::is_image(name)).partition(|name| name.starts_with('.'));
    let forbids = rustix::fs::statvfs(path).is_ok_and(|stat| stat.f_flag.contains(StatVfsMountFlags::NOEXEC));
    let mapped = if finished.is_empty() { BTreeSet::new() } else { mapped(path) };
    Some(Directory {
        path: path.to_owned(),
        is_directory: metadata.is_dir(),
        owner: metadata.uid(),
        mode: metadata.mode() & 0o7777,
        forbids_code: forbids,
        images: finished.len(),
        used: finished.iter().filter(|name| mapped.contains(name.as_str())).count(),
        unfinished: unfinished.len(),
    })
}

/// The names of the files of a directory that processes have mapped.
fn mapped(directory: &Path) -> BTreeSet<String> {
    let directory = std::fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    let prefix = format!("{}/", directory.display());
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let maps = processes.filter_map(|process| std::fs::read_to_string(process.path().join("maps")).ok());
    let names = |maps: String| {
        let of_line = |line: &str| Some(line.split_once(&prefix)?.1.to_owned());
        maps.lines().filter_map(of_line).collect::<Vec<_>>()
    };
    maps.flat_map(names).collect()
}

/// What that means.
pub(super) fn findings(directories: &[Directory], user: u32) -> Vec<Finding> {
    const TOPIC: &str = "images";
    if directories.is_empty() {
        return vec![Finding::ok(TOPIC, "no program of this user has defined a provider at run time yet")];
    }
    directories.iter().map(|directory| finding(TOPIC, directory, user)).collect()
}

fn finding(topic: &str, directory: &Directory, user: u32) -> Finding {
    let path = directory.path.display();
    let refused = |problem: &str| {
        let what =
            format!("{path} {problem}: programs keep their images in memory, where fewer tracers find them");
        Finding::warn(
            topic,
            what,
            "remove it, and programs make it anew; or set USDT_PROBES_DIR to another one",
        )
    };
    if !directory.is_directory {
        refused(images::NO_DIRECTORY)
    } else if let Some(problem) = images::insecure(directory.owner, directory.mode, user) {
        refused(&format!("{problem} (owner {}, mode {:o})", directory.owner, directory.mode))
    } else if directory.forbids_code {
        let what = format!("{path} is on a file system that is mounted noexec: images stay in memory");
        Finding::warn(topic, what, "set USDT_PROBES_DIR to a directory where programs may be run from")
    } else {
        let Directory { images, used, unfinished, .. } = directory;
        let rest = if *unfinished > 0 { format!(", {unfinished} never finished") } else { String::new() };
        Finding::ok(topic, format!("{images} in {path}, {used} of them of running processes{rest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    fn good() -> Directory {
        let path = "/tmp/usdt-probes-7".into();
        Directory {
            path,
            is_directory: true,
            owner: 7,
            mode: 0o700,
            images: 3,
            used: 1,
            ..Directory::default()
        }
    }

    #[test]
    fn a_good_directory_is_counted() {
        let findings = findings(&[good()], 7);
        assert_eq!(findings[0].what, "3 in /tmp/usdt-probes-7, 1 of them of running processes");
    }

    #[test]
    fn what_programs_refuse_is_said() {
        for bad in [
            Directory { is_directory: false, ..good() },
            Directory { owner: 8, ..good() },
            Directory { mode: 0o755, ..good() },
            Directory { forbids_code: true, ..good() },
        ] {
            assert_eq!(findings(std::slice::from_ref(&bad), 7)[0].state, State::Warn, "{bad:?}");
        }
    }
}
