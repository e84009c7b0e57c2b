//! When it is time to end, and with which exit code.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::child::Child;
use crate::interrupt::Interrupt;
use crate::options::Watching;
use crate::terminal::say;

/// How long nobody notices an end, at most.
const PATIENCE: Duration = Duration::from_millis(50);

/// What ends the command: Ctrl-C, the time that it was given, or the end of the program that it has started.
#[derive(Debug)]
pub(crate) struct Ending {
    interrupt: Interrupt,
    began: Instant,
    deadline: Option<Instant>,
    child: Option<Child>,
}

impl Ending {
    /// Starts the program that the command line may name, now that its probes are watched, and unless it is too late. Gives the
    /// exit code if it can't be run.
    pub(crate) fn begin(args: &Watching, interrupt: Interrupt) -> Result<Ending, ExitCode> {
        let starts = !args.command.is_empty() && !interrupt.is_asked();
        let child = starts.then(|| Child::start(&args.command)).transpose().map_err(|error| {
            say(&format!("usdt: {error}"));
            error.code()
        })?;
        let began = Instant::now();
        let deadline = args.time.and_then(|time| began.checked_add(time));
        Ok(Ending { interrupt, began, deadline, child })
    }

    /// The process of the program that was started.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::pid)
    }

    /// Whether it is time. Ctrl-C reaches a program that was started, too; what comes of it is the program's affair.
    pub(crate) fn has_come(&mut self) -> io::Result<bool> {
        let is_asked = match &mut self.child {
            Some(child) => child.exit_code()?.is_some(),
            None => self.interrupt.is_asked(),
        };
        Ok(is_asked || self.deadline.is_some_and(|deadline| Instant::now() >= deadline))
    }

    /// How long it is safe to wait for something else.
    pub(crate) fn patience(&self) -> Duration {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        left.map_or(PATIENCE, |left| left.min(PATIENCE))
    }

    /// How long it has been.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// The exit code: the program's, once it has ended. It is not this command's to end it.
    pub(crate) fn exit_code(self) -> io::Result<ExitCode> {
        self.child.map_or(Ok(ExitCode::SUCCESS), |mut child| child.wait())
    }
}
