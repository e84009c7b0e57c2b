//! The process that is asked: whether it is there, ours to touch, and a Node.

use std::fmt::{self, Display, Formatter};
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, PidfdFlags, Signal, geteuid, pidfd_open, pidfd_send_signal};

use super::image::Image;
use crate::printable::printable;

/// A running Node process.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// What the kernel calls it; it may hold anything.
    pub(super) name: String,
    /// Where Node's code is: its program, or a `libnode.so`.
    pub(super) image: Image,
    /// The process itself: its number may become another's.
    handle: OwnedFd,
}

impl Process {
    /// The Node process of this number.
    pub(super) fn find(pid: u32) -> Result<Process> {
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let number = number.with_context(|| format!("there is no process {pid}"))?;
        let handle = pidfd_open(number, PidfdFlags::empty());
        let handle = handle.with_context(|| format!("there is no process {pid}"))?;
        let owner = fs::metadata(directory(pid)).with_context(|| format!("there is no process {pid}"))?.uid();
        let name = fs::read(directory(pid).join("comm")).unwrap_or_default();
        let name = String::from_utf8_lossy(&name).trim_end_matches('\n').to_owned();
        let me = geteuid();
        ensure!(
            me.is_root() || me.as_raw() == owner,
            "{} is the process of another user: ask as that user, or as root",
            named(pid, &name)
        );
        let image = image(pid, &name)?;
        Ok(Process { pid, name, image, handle })
    }

    /// A file of `/proc/PID`.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        directory(self.pid).join(name)
    }

    /// Makes Node open its inspector, or does whatever else the process does at SIGUSR1.
    pub(super) fn signal(&self) -> Result<()> {
        pidfd_send_signal(&self.handle, Signal::USR1).with_context(|| format!("can't signal {self}"))
    }
}

impl Display for Process {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&named(self.pid, &self.name))
    }
}

/// `node[1234]`
fn named(pid: u32, name: &str) -> String {
    format!("{}[{pid}]", printable(name))
}

fn directory(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}"))
}

/// The file that Node's code is in.
fn image(pid: u32, name: &str) -> Result<Image> {
    let who = named(pid, name);
    let program = fs::read_link(directory(pid).join("exe"));
    let program = program.with_context(|| format!("can't see which program {who} runs"))?;
    ensure!(!is_electron(&program), "{who} is an Electron program, and not supported: only Node itself is");
    for candidate in Image::candidates(pid, &program)? {
        if candidate.is_node() {
            return Ok(candidate);
        }
    }
    let program = program.to_string_lossy();
    bail!("{who} is no Node process: it runs {}", printable(&program))
}

/// Electron has all of Node's symbols, under any name; beside it lie the files of its browser.
fn is_electron(program: &Path) -> bool {
    let is_named = program.file_name().is_some_and(|name| name.eq_ignore_ascii_case("electron"));
    is_named || program.with_file_name("chrome_100_percent.pak").exists()
}
