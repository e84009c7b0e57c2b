//! Cores: the memory of a program in a file, which the kernel writes when it dies, and gdb while it runs.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

use crate::subject::Subject;
use crate::tool::stdout_of;

/// Whether the kernel puts cores into the directory of the program that dies. It may hand them to a program instead, and then says so
/// here, so that a test that goes another way is no secret.
///
/// # Errors
///
/// If it can't be known.
pub fn kernel_writes_them() -> Result<bool> {
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern")?;
    let pattern = pattern.trim_end();
    let elsewhere = pattern.starts_with('|') || pattern.contains('/');
    if elsewhere {
        // Not by a macro: the test harness would hide it.
        writeln!(std::io::stderr(), "cores go to {pattern}: gdb makes this one, and NOT THE KERNEL")?;
    }
    Ok(!elsewhere)
}

/// Lets a process that runs leave a core of any size.
///
/// # Errors
///
/// If this process may not.
pub fn allow(pid: u32) -> Result<()> {
    let pid = Pid::from_raw(i32::try_from(pid)?).context("a process")?;
    prlimit(Some(pid), Resource::Core, Rlimit { current: None, maximum: None })?;
    Ok(())
}

/// The core that a process has left in its working directory, under the name `core`.
///
/// # Errors
///
/// If there is none.
pub fn left_in(directory: &Path) -> Result<PathBuf> {
    let is_core =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"core"));
    let mut paths = std::fs::read_dir(directory)?.filter_map(|entry| Some(entry.ok()?.path()));
    let core = directory.join("core");
    std::fs::rename(paths.find(is_core).context("no core")?, &core)?;
    Ok(core)
}

/// The core of a process that dies of SIGABRT in this directory when it is struck. Where the kernel puts cores elsewhere gdb makes one
/// right before.
///
/// # Errors
///
/// If there is none, or it dies of something else.
pub fn of_dying(process: Subject, directory: &Path, strike: impl FnOnce() -> Result<()>) -> Result<PathBuf> {
    let kernel = kernel_writes_them()?;
    let made = if kernel { None } else { Some(of_living(process.pid(), directory)?) };
    strike()?;
    let (status, said) = process.finish()?;
    let is_aborted = status.signal() == Some(Signal::ABORT.as_raw());
    ensure!(is_aborted && status.core_dumped() == kernel, "{status}: {said}");
    made.map_or_else(|| left_in(directory), Ok)
}

/// Sends SIGABRT to a process.
///
/// # Errors
///
/// If there is none.
pub fn abort(pid: u32) -> Result<()> {
    let pid = Pid::from_raw(i32::try_from(pid)?).context("a process")?;
    Ok(kill_process(pid, Signal::ABORT)?)
}

/// The core that gdb makes of a process, which goes on.
///
/// # Errors
///
/// What gcore said.
pub fn of_living(pid: u32, directory: &Path) -> Result<PathBuf> {
    let prefix = directory.join("gcore");
    let said = stdout_of(Command::new("gcore").arg("-o").arg(&prefix).arg(pid.to_string()))?;
    let core = directory.join(format!("gcore.{pid}"));
    ensure!(core.is_file(), "gcore, which is a part of gdb, made none: {said}");
    Ok(core)
}
