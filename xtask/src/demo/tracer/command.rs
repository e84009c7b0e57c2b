//! `usdt watch`, running.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{self, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::Signal;

use super::super::build;
use super::super::child::Child;
use super::super::event::Message;
use super::super::stop::Stop;
use super::super::table::Table;

/// How long it may take to attach; a tenth of a second is usual.
const PATIENCE: Duration = Duration::from_secs(30);

/// The command, and what it says on its error output.
#[derive(Debug)]
pub(super) struct Command {
    child: Child,
    complaints: Option<JoinHandle<String>>,
}

impl Command {
    /// Attaches to a file, and waits until that is done.
    pub(super) fn attach(
        file: &Path,
        table: &'static Table,
        stop: &Stop,
    ) -> Result<(Self, Receiver<Message>)> {
        let mut command = process::Command::new(build::program("usdt-cli")?);
        command.args(["watch", "--json"]).arg(file).arg(format!("{}:*", table.provider));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Child::start(&mut command, Signal::INT).context("cannot start usdt")?;
        let (sender, messages) = channel();
        super::read(child.stdout(), table, move |message| sender.send(message).is_ok());
        let (sender, attached) = channel();
        let stderr = BufReader::new(child.stderr());
        let complaints = thread::spawn(move || {
            let mut said = String::new();
            for line in stderr.lines().map_while(Result::ok) {
                if line.starts_with("usdt: watching ") {
                    let _ = sender.send(());
                }
                said += &(line + "\n");
            }
            said
        });
        let mut command = Self { child, complaints: Some(complaints) };
        command.wait(&attached, stop)?;
        Ok((command, messages))
    }

    /// Waits for the line that says what is watched.
    fn wait(&mut self, attached: &Receiver<()>, stop: &Stop) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            stop.check()?;
            match attached.recv_timeout(Duration::from_millis(50)) {
                Ok(()) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("usdt did not attach:\n{}", self.complaints()?),
            }
        }
        bail!("usdt did not attach within {} s", PATIENCE.as_secs())
    }

    /// Detaches and ends it.
    pub(super) fn stop(&mut self) -> Result<()> {
        self.child.end().context("cannot stop usdt")?;
        Ok(())
    }

    /// What it said on its error output, after its end.
    pub(super) fn complaints(&mut self) -> Result<String> {
        self.stop()?;
        let text = self.complaints.take().map(|thread| thread.join().unwrap_or_default());
        Ok(text.unwrap_or_default())
    }
}
