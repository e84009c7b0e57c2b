//! The map of code that a process made itself: `/tmp/perf-PID.map`, whose lines `functions` reads.
//!
//! The process writes it where *it* sees `/tmp`, under the id that *it* has, so it is looked for in the process's own root
//! directory. No link leads out of there, and only a file of the process's own user (or root's) is believed: `/tmp` is everybody's.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};

use super::functions::Functions;

/// The most bytes of a map that are read.
const MOST: u64 = 256 << 20;
/// It is read in pieces of this size.
const PIECE: usize = 1 << 20;

/// What a process says of its code, as far as it was read.
#[derive(Debug)]
pub(super) struct PerfMap {
    pid: u32,
    /// The device and the inode of the file that was read.
    identity: Option<(u64, u64)>,
    /// How much of it was read: whole lines.
    read: u64,
    functions: Functions,
}

impl PerfMap {
    pub(super) fn new(pid: u32) -> PerfMap {
        PerfMap { pid, identity: None, read: 0, functions: Functions::default() }
    }

    /// Where the function begins that has this address, and its name.
    pub(super) fn find(&self, address: u64) -> Option<(u64, &str)> {
        self.functions.find(address)
    }

    /// Reads what was added; whether that was anything.
    pub(super) fn look(&mut self) -> bool {
        // That there is none, or no more, is no error: most processes have none.
        open(self.pid).and_then(|file| self.read(&file)).unwrap_or(false)
    }

    fn read(&mut self, file: &File) -> io::Result<bool> {
        let metadata = file.metadata()?;
        let identity = Some((metadata.dev(), metadata.ino()));
        let is_another = self.identity != identity || metadata.len() < self.read;
        if is_another {
            *self = PerfMap { identity, ..PerfMap::new(self.pid) };
        }
        let before = self.read;
        let end = metadata.len().min(MOST);
        let mut rest = Vec::new();
        while self.read + (rest.len() as u64) < end {
            let at = self.read + rest.len() as u64;
            let start = rest.len();
            rest.resize(start + PIECE.min(usize::try_from(end - at).unwrap_or(PIECE)), 0);
            let count = file.read_at(&mut rest[start..], at)?;
            rest.truncate(start + count);
            let Some(whole) = rest.iter().rposition(|&byte| byte == b'\n') else {
                // The end of a line is still to come, or what is there isn't lines.
                if count == 0 || rest.len() > PIECE { break } else { continue }
            };
            self.functions.add(&rest[..=whole]);
            self.read += whole as u64 + 1;
            rest.drain(..=whole);
        }
        Ok(is_another || self.read > before)
    }
}

/// Opens the map of a process, if it is one to be believed.
fn open(pid: u32) -> io::Result<File> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let words = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(str::split_whitespace);
    let missing = || io::Error::from(io::ErrorKind::NotFound);
    // The last id is that in the process's own namespace; the second user is the effective one.
    let inner = words("NSpid:").and_then(Iterator::last).ok_or_else(missing)?;
    let user: u32 = words("Uid:").and_then(|mut users| users.nth(1)?.parse().ok()).ok_or_else(missing)?;
    let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = openat(CWD, format!("/proc/{pid}/root"), directory, Mode::empty())?;
    // Whoever wants us to wait for a pipe, waits alone.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let within = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let file = File::from(openat2(&root, format!("tmp/perf-{inner}.map"), flags, Mode::empty(), within)?);
    let metadata = file.metadata()?;
    let is_believed = metadata.is_file() && [0, user].contains(&metadata.uid());
    if is_believed { Ok(file) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_of_the_process_is_believed() {
        use rustix::fs::{FileType, Gid, Uid, chown, mknodat};
        use std::io::Write;
        let pid = std::process::id();
        let path = format!("/tmp/perf-{pid}.map");
        let other = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(other.path(), "1000 10 other\n").unwrap();
        let mut map = PerfMap::new(pid);
        assert!(!map.look(), "there is none");
        std::os::unix::fs::symlink(other.path(), &path).unwrap();
        assert!(!map.look(), "a link");
        std::fs::remove_file(&path).unwrap();
        mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).unwrap();
        assert!(!map.look(), "a pipe");
        std::fs::remove_file(&path).unwrap();

        let mut file = File::create_new(&path).unwrap();
        file.write_all(b"1000 10 a\n2000 10 b").unwrap();
        assert!(map.look() && !map.look());
        assert_eq!((map.find(0x1000), map.find(0x2000)), (Some((0x1000, "a")), None));
        file.write_all(b"c\n").unwrap();
        assert!(map.look());
        assert_eq!(map.find(0x2000), Some((0x2000, "bc")));
        if rustix::process::geteuid().is_root() {
            chown(&path, Some(Uid::from_raw(1)), Some(Gid::ROOT)).unwrap();
            assert!(!PerfMap::new(pid).look(), "somebody else's");
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_without_lines_is_not_read_to_its_end() {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, &vec![b'x'; 3 * PIECE]).unwrap();
        let mut map = PerfMap::new(1);
        map.read(&file).unwrap();
        assert_eq!((map.read, map.functions.len()), (0, 0));
    }
}
