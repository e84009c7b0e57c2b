//! bpftrace, attached to a program's file, or to an image of probes, by its path.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use super::child::Child;
use super::event::Message;
use super::stop::Stop;
use super::table::Table;

/// How long it may take to attach; about a second is usual.
const PATIENCE: Duration = Duration::from_secs(60);

/// Pages of buffer a CPU, 16 times the default: a burst of firings is to wait in it and not to be lost.
const BUFFER_PAGES: &str = "1024";

/// How much of a text bpftrace copies; its own default.
const TEXT_BYTES: &str = "64";

/// bpftrace, running.
#[derive(Debug)]
pub(super) struct Tracer {
    child: Child,
    messages: Receiver<Message>,
    complaints: Option<JoinHandle<String>>,
    pub(super) table: &'static Table,
    /// What the kernel's clock said at the beginning.
    pub(super) since: u64,
}

impl Tracer {
    /// Attaches to all probes of the table in `file`, and waits until that is done.
    pub(super) fn attach(file: &Path, table: &'static Table, stop: &Stop) -> Result<Self> {
        let mut command = Command::new("bpftrace");
        command.args(["-f", "json", "-e", &table.script(file)]);
        command.env("BPFTRACE_PERF_RB_PAGES", BUFFER_PAGES).env("BPFTRACE_STRLEN", TEXT_BYTES);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Child::start(&mut command, Signal::INT).context("cannot start bpftrace")?;
        let messages = read(child.stdout(), table);
        let mut stderr = child.stderr();
        let complaints = thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut tracer = Self { child, messages, complaints: Some(complaints), table, since: 0 };
        tracer.since = tracer.wait(stop)?;
        Ok(tracer)
    }

    /// Waits for the line that bpftrace prints once everything is attached.
    fn wait(&mut self, stop: &Stop) -> Result<u64> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            stop.check()?;
            match self.receive(Duration::from_millis(50)) {
                Ok(Message::Attached { nanos }) => return Ok(nanos),
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    bail!("bpftrace did not attach:\n{}", self.complaints()?)
                }
            }
        }
        bail!("bpftrace did not attach within {} s", PATIENCE.as_secs())
    }

    /// What it says next.
    pub(super) fn receive(&self, patience: Duration) -> Result<Message, RecvTimeoutError> {
        self.messages.recv_timeout(patience)
    }

    /// Detaches and ends it. What it said until then is still to be received.
    pub(super) fn stop(&mut self) -> Result<()> {
        self.child.end().context("cannot stop bpftrace")?;
        Ok(())
    }

    /// What it said on its error output, after its end.
    pub(super) fn complaints(&mut self) -> Result<String> {
        self.stop()?;
        let text = self.complaints.take().map(|thread| thread.join().unwrap_or_default());
        Ok(text.unwrap_or_default())
    }
}

/// Reads to the end, in a thread of its own, so that bpftrace never waits for the terminal.
fn read(stdout: impl Read + Send + 'static, table: &'static Table) -> Receiver<Message> {
    let (sender, messages) = channel();
    thread::spawn(move || {
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        for message in lines.filter_map(|line| Message::parse(&line, table)) {
            if sender.send(message).is_err() {
                break;
            }
        }
    });
    messages
}
