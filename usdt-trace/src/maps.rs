//! What a process has mapped: `/proc/PID/maps`.
//!
//! Read here, byte by byte, since a path is not always UTF-8, and one that isn't must not hide all the others.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A piece of memory that a process has mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The address of its first byte.
    pub start: u64,
    /// The address behind its last byte.
    pub end: u64,
    /// `rwxp`, with `-` for what may not be done and `s` for what is shared.
    permissions: [u8; 4],
    /// Where in the file it begins.
    pub offset: u64,
    /// The device and the inode. The device of some file systems (btrfs, overlays) is not that of `stat`.
    pub identity: (u64, u64),
    /// The file, as it is called in the process's mount namespace; ` (deleted)` is behind it if it is called nothing any more.
    /// Memory that is of no file has another name, or none.
    pub path: PathBuf,
}

impl Mapping {
    /// Whether it may be read.
    pub fn is_readable(&self) -> bool {
        self.permissions[0] == b'r'
    }

    /// Whether it may be written to.
    pub fn is_writable(&self) -> bool {
        self.permissions[1] == b'w'
    }

    /// Whether it may be run.
    pub fn is_executable(&self) -> bool {
        self.permissions[2] == b'x'
    }

    /// Whether what is written there stays in the process.
    pub fn is_private(&self) -> bool {
        self.permissions[3] == b'p'
    }

    /// Whether it is of a file.
    pub fn is_of_file(&self) -> bool {
        self.identity.1 != 0 && self.path.is_absolute()
    }
}

/// All that is mapped, by the bytes of `/proc/PID/maps`; lines that make no sense are passed over.
pub fn mappings(maps: &[u8]) -> impl Iterator<Item = Mapping> + '_ {
    maps.split(|&byte| byte == b'\n').filter_map(mapping)
}

/// `7f0a2000-7f0a5000 r-xp 00001000 fe:01 1234    /usr/lib/libc.so.6`
fn mapping(line: &[u8]) -> Option<Mapping> {
    let mut words = line.splitn(6, |&byte| byte == b' ');
    let mut word = || std::str::from_utf8(words.next()?).ok();
    let hex = |digits: &str| u64::from_str_radix(digits, 16).ok();
    let (start, end) = word()?.split_once('-')?;
    let permissions = word()?.as_bytes().try_into().ok()?;
    let offset = hex(word()?)?;
    let (major, minor) = word()?.split_once(':')?;
    let inode = word()?.parse().ok()?;
    let path = words.next().unwrap_or_default().trim_ascii_start();
    let device =
        rustix::fs::makedev(u32::from_str_radix(major, 16).ok()?, u32::from_str_radix(minor, 16).ok()?);
    Some(Mapping {
        start: hex(start)?,
        end: hex(end)?,
        permissions,
        offset,
        identity: (device, inode),
        path: unescaped(path),
    })
}

/// The kernel writes a line end in a name as `\012`, and nothing else in another way.
fn unescaped(path: &[u8]) -> PathBuf {
    const ESCAPED: &[u8] = br"\012";
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, behind)) = rest.split_first() {
        let is_escaped = rest.starts_with(ESCAPED);
        bytes.push(if is_escaped { b'\n' } else { byte });
        rest = if is_escaped { &rest[ESCAPED.len()..] } else { behind };
    }
    OsString::from_vec(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_mappings() {
        let maps =
            b"55d0c0000000-55d0c0001000 r--p 00000000 fe:01 1234                       /usr/bin/shop\n\
            55d0c0001000-55d0c0003000 r-xp 00001000 fe:01 1234                       /usr/bin/shop\n\
            7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n\
            7f0000002000-7f0000003000 r-xp 00002000 00:01 77                         /memfd:a b (deleted)\n\
            7f0000003000-7f0000004000 r-xs 00000000 08:11 5                          /tmp/\xFF\\012x\n\
            7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]\n\
            nonsense\n\n";
        let found: Vec<Mapping> = mappings(maps).collect();
        let mapping =
            |start, len, permissions: &[u8; 4], offset, (major, minor, inode), path: &[u8]| Mapping {
                start,
                end: start + len,
                permissions: *permissions,
                offset,
                identity: (rustix::fs::makedev(major, minor), inode),
                path: OsString::from_vec(path.to_vec()).into(),
            };
        assert_eq!(
            found,
            [
                mapping(0x55d0_c000_0000, 0x1000, b"r--p", 0, (0xfe, 1, 1234), b"/usr/bin/shop"),
                mapping(0x55d0_c000_1000, 0x2000, b"r-xp", 0x1000, (0xfe, 1, 1234), b"/usr/bin/shop"),
                mapping(0x7f00_0000_0000, 0x1000, b"rwxp", 0, (0, 0, 0), b""),
                mapping(0x7f00_0000_2000, 0x1000, b"r-xp", 0x2000, (0, 1, 77), b"/memfd:a b (deleted)"),
                mapping(0x7f00_0000_3000, 0x1000, b"r-xs", 0, (8, 0x11, 5), b"/tmp/\xFF\nx"),
                mapping(0x7ffd_0000_0000, 0x2000, b"r-xp", 0, (0, 0, 0), b"[vdso]"),
            ]
        );
        let of_files: Vec<bool> = found.iter().map(Mapping::is_of_file).collect();
        assert_eq!(of_files, [true, true, false, true, true, false]);
    }
}
