//! Core dumps: of the kernel where it leaves them in the directory of the process, else of gdb.

use std::io::Write as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, setrlimit};
use testkit::subject::Subject;

/// Whether the kernel writes them into the directory of the process.
fn kernel_writes_here() -> Result<bool> {
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern")?;
    let pattern = pattern.trim_end();
    let here = !pattern.starts_with('|') && !pattern.contains('/');
    if !here {
        // Not by a macro: the test harness would hide it.
        writeln!(std::io::stderr(), "cores go to {pattern}: gdb makes this one, and NOT THE KERNEL")?;
    }
    Ok(here)
}

/// The command in a directory where it may leave a core.
pub fn in_directory<'a>(command: &'a mut Command, dir: &Path) -> &'a mut Command {
    let limit = Rlimit { current: None, maximum: None };
    // SAFETY: setrlimit is one system call.
    #[allow(unsafe_code)]
    let command = unsafe { command.pre_exec(move || Ok(setrlimit(Resource::Core, limit)?)) };
    command.current_dir(dir)
}

/// What the kernel has written of a process that ended so.
fn of_kernel(status: ExitStatus, dir: &Path) -> Result<PathBuf> {
    ensure!(status.core_dumped(), "no core: {status}");
    let mut names = std::fs::read_dir(dir)?.filter_map(|entry| Some(entry.ok()?.path()));
    let is_core =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"core"));
    let core = dir.join("core");
    std::fs::rename(names.find(is_core).context("no core")?, &core)?;
    Ok(core)
}

/// The core of a program that kills itself in a directory of its own. The program is gone by then.
pub fn core_of(command: &mut Command, program: &Path, dir: &Path) -> Result<PathBuf> {
    let core = if kernel_writes_here()? {
        of_kernel(in_directory(command, dir).output()?.status, dir)?
    } else {
        let core = dir.join("core");
        let generate = format!("generate-core-file {}", core.display());
        let mut gdb = Command::new("gdb");
        gdb.args(["--batch", "--quiet", "-ex", "run", "-ex", &generate, "--args"]).arg(command.get_program());
        ensure!(gdb.args(command.get_args()).current_dir(dir).output()?.status.success(), "gdb failed");
        core
    };
    std::fs::remove_file(program)?;
    Ok(core)
}

/// The core of a process that runs [`in_directory`] and is killed by SIGABRT now.
pub fn abort(subject: Subject, dir: &Path) -> Result<PathBuf> {
    let pid = subject.pid();
    if kernel_writes_here()? {
        let pid = Pid::from_raw(i32::try_from(pid)?).context("a process id")?;
        kill_process(pid, Signal::ABORT)?;
        return of_kernel(subject.finish()?.0, dir);
    }
    let core = dir.join("core");
    let generate = format!("generate-core-file {}", core.display());
    let send = format!("shell kill -ABRT {pid}");
    let mut gdb = Command::new("gdb");
    gdb.args([
        "--batch",
        "--quiet",
        "-p",
        &pid.to_string(),
        "-ex",
        &send,
        "-ex",
        "continue",
        "-ex",
        &generate,
    ]);
    ensure!(gdb.args(["-ex", "kill"]).output()?.status.success(), "gdb failed");
    subject.finish()?;
    Ok(core)
}
