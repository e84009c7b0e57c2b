//! `-- CMD ARGS`: a program that is started once its probes are watched, and whose exit code becomes the command's own.
//!
//! It has the terminal, the process group and the three streams of the command. So Ctrl-C reaches both, and it is the program
//! that decides what comes of it: the command watches until the program has ended. A `SIGTERM` that reaches the command alone
//! is passed on.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{self, Command, ExitCode, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::SIGTERM;

use crate::printable::printable;

/// A program that was started.
#[derive(Debug)]
pub(crate) struct Child {
    process: process::Child,
    /// A `SIGTERM` came that was not passed on yet.
    told_to_end: Arc<AtomicBool>,
    ended: Option<ExitStatus>,
}

impl Child {
    /// Starts a program: its name or path, then its arguments.
    ///
    /// # Errors
    ///
    /// If there is no such program, or it can't be run.
    pub(crate) fn start(command: &[OsString]) -> Result<Child, StartError> {
        let (program, args) = command.split_first().expect("clap lets no empty command through");
        let failed = |error| StartError { program: program.clone(), error };
        let told_to_end = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGTERM, Arc::clone(&told_to_end)).map_err(failed)?;
        let process = Command::new(program).args(args).spawn().map_err(failed)?;
        Ok(Child { process, told_to_end, ended: None })
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The exit code to end with, if it has ended: its own, or 128 and the signal that killed it. Passes a `SIGTERM` on; to be
    /// asked a few times a second.
    pub(crate) fn exit_code(&mut self) -> io::Result<Option<ExitCode>> {
        if self.ended.is_none() {
            self.ended = self.process.try_wait()?;
        }
        if self.ended.is_none() && self.told_to_end.swap(false, Ordering::Relaxed) {
            self.terminate();
        }
        Ok(self.ended.map(exit_code))
    }

    /// Waits for its end; gives the exit code to end with.
    pub(crate) fn wait(&mut self) -> io::Result<ExitCode> {
        loop {
            if let Some(code) = self.exit_code()? {
                return Ok(code);
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    fn terminate(&self) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // It hasn't been waited for, so the id is its own; it may have ended all the same.
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(1);
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Why a program could not be started.
#[derive(Debug)]
pub(crate) struct StartError {
    program: OsString,
    error: io::Error,
}

impl StartError {
    /// What shells exit with: 127 if there is no such program, 126 if it can't be run.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(if self.error.kind() == io::ErrorKind::NotFound { 127 } else { 126 })
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = OsStr::to_string_lossy(&self.program);
        write!(f, "can't run {}: {}", printable(&program), self.error)
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str) -> ExitCode {
        Child::start(&["sh", "-c", script].map(OsString::from)).unwrap().wait().unwrap()
    }

    #[test]
    fn the_exit_code_is_passed_on() {
        assert_eq!(run("exit 0"), ExitCode::SUCCESS);
        assert_eq!(run("exit 7"), ExitCode::from(7));
        assert_eq!(run("kill -KILL $$"), ExitCode::from(128 + 9));
    }

    #[test]
    fn a_program_that_cannot_run_is_told_apart_from_one_that_is_not_there() {
        let start = |program: &str| Child::start(&[program.into()]).unwrap_err();
        let missing = start("/nowhere/at-all");
        assert_eq!(missing.code(), ExitCode::from(127));
        assert_eq!(missing.to_string(), "can't run /nowhere/at-all: No such file or directory (os error 2)");
        assert_eq!(start("/etc/passwd").code(), ExitCode::from(126));
    }

    #[test]
    fn sigterm_is_passed_on() {
        let mut child = Child::start(&["sleep", "60"].map(OsString::from)).unwrap();
        child.told_to_end.store(true, Ordering::Relaxed);
        assert_eq!(child.wait().unwrap(), ExitCode::from(128 + 15));
    }
}
