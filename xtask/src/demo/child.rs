//! A process that is gone when its handle is.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::process::{Pid, Signal, kill_process};

use super::stop::Stop;

/// How long a process may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// A process that ends well when it gets `signal`.
#[derive(Debug)]
pub(super) struct Child {
    child: std::process::Child,
    signal: Signal,
}

impl Child {
    /// Starts `command` away from the terminal, so that Ctrl-C reaches this program alone, which ends things in order.
    pub(super) fn start(command: &mut Command, signal: Signal) -> io::Result<Self> {
        let child = command.stdin(Stdio::null()).process_group(0).spawn()?;
        Ok(Self { child, signal })
    }

    pub(super) fn stdout(&mut self) -> impl io::Read + Send + use<> {
        self.child.stdout.take().expect("the output is piped, and taken once")
    }

    pub(super) fn stderr(&mut self) -> impl io::Read + Send + use<> {
        self.child.stderr.take().expect("the output is piped, and taken once")
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it ends by itself, or until somebody asked for an end.
    pub(super) fn wait(&mut self, stop: &Stop) -> Result<ExitStatus> {
        loop {
            stop.check()?;
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks it to end.
    pub(super) fn ask_to_end(&self) {
        // Not reaped yet, so the number is still this child's.
        let pid = Pid::from_child(&self.child);
        let _ = kill_process(pid, self.signal);
    }

    /// Asks it to end, again each second, and waits; in the end it is killed.
    pub(super) fn end(&mut self) -> io::Result<ExitStatus> {
        let deadline = Instant::now() + PATIENCE;
        let mut ask = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                self.child.kill()?;
                return self.child.wait();
            }
            if Instant::now() >= ask {
                self.ask_to_end();
                ask += Duration::from_secs(1);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.end();
    }
}
