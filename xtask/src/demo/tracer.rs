//! What watches: the command `usdt`, attached to a file by its path. Who isn't root may not attach: then the programs watch
//! themselves, by a library that is preloaded, and say the same.

mod command;
mod preloaded;

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::event::Message;
use super::stop::Stop;
use super::table::Table;
use command::Command;
use preloaded::{Preloaded, Watched};

/// A tracer, attached or waiting for programs that watch themselves.
#[derive(Debug)]
pub(super) struct Tracer {
    kind: Kind,
    messages: Receiver<Message>,
    pub(super) table: &'static Table,
    /// What the kernel's clock said at the beginning.
    pub(super) since: u64,
}

#[derive(Debug)]
enum Kind {
    Command(Command),
    Preloaded(Preloaded),
}

/// Holds traffic back until it can be seen.
#[derive(Debug)]
pub(super) struct Gate(Option<(Arc<Watched>, &'static Table)>);

impl Gate {
    /// Waits until a process watches all probes of the table. From outside, that is done when the tracer is there.
    pub(super) fn wait(&self, pid: u32, stop: &Stop) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), |(watched, table)| watched.wait(pid, table, stop))
    }
}

/// What the programs must be started with.
pub(super) type Environment = Vec<(&'static str, String)>;

/// Whether the programs watch themselves, since the kernel lets only root attach.
pub(super) fn is_within() -> bool {
    !rustix::process::geteuid().is_root()
}

impl Tracer {
    /// Attaches `usdt` to all probes of the table's provider in `file`, and waits until that is done.
    pub(super) fn attach(file: &Path, table: &'static Table, stop: &Stop) -> Result<Self> {
        let (command, messages) = Command::attach(file, table, stop)?;
        Ok(Self { kind: Kind::Command(command), messages, table, since: now() })
    }

    /// Listens, in this directory, to programs that will be started with its environment.
    pub(super) fn within(scratch: &Path, table: &'static Table) -> Result<Self> {
        let (preloaded, messages) = Preloaded::listen(scratch, table)?;
        Ok(Self { kind: Kind::Preloaded(preloaded), messages, table, since: now() })
    }

    /// What the programs must be started with: nothing where they are watched from outside.
    pub(super) fn environment(&self) -> Environment {
        match &self.kind {
            Kind::Command(_) => Environment::new(),
            Kind::Preloaded(preloaded) => preloaded.environment(self.table),
        }
    }

    /// What holds traffic back until it can be seen.
    pub(super) fn gate(&self) -> Gate {
        match &self.kind {
            Kind::Command(_) => Gate(None),
            Kind::Preloaded(preloaded) => Gate(Some((preloaded.watched(), self.table))),
        }
    }

    /// What it says next.
    pub(super) fn receive(&self, patience: Duration) -> Result<Message, RecvTimeoutError> {
        self.messages.recv_timeout(patience)
    }

    /// Detaches and ends it. What it said until then is still to be received.
    pub(super) fn stop(&mut self) -> Result<()> {
        match &mut self.kind {
            Kind::Command(command) => command.stop(),
            Kind::Preloaded(preloaded) => {
                preloaded.stop();
                Ok(())
            }
        }
    }

    /// What it said on its error output, after its end.
    pub(super) fn complaints(&mut self) -> Result<String> {
        match &mut self.kind {
            Kind::Command(command) => command.complaints(),
            Kind::Preloaded(_) => Ok(String::new()),
        }
    }
}

/// Reads to the end, in a thread of its own, so that a tracer never waits for the terminal. `each` says whether to go on.
fn read(
    lines: impl Read + Send + 'static,
    table: &'static Table,
    mut each: impl FnMut(Message) -> bool + Send + 'static,
) {
    thread::spawn(move || {
        let lines = BufReader::new(lines).lines().map_while(Result::ok);
        let mut messages = lines.filter_map(|line| Message::parse(&line, table));
        while messages.next().is_some_and(&mut each) {}
    });
}

/// The kernel's clock, in nanoseconds.
fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}
