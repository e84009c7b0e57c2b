//! The service that is watched: started, stopped.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::super::child::Child;
use super::super::tracer::Environment;

/// A program and its data, not running.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) program: PathBuf,
    pub(super) data: PathBuf,
    /// What it is started with.
    pub(super) environment: Environment,
}

/// The program, running.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Service {
    pub(super) fn start(&self) -> Result<Running> {
        let mut command = Command::new(&self.program);
        command.arg("--data").arg(&self.data).stdout(Stdio::piped());
        command.envs(self.environment.iter().cloned());
        let mut child = Child::start(&mut command, Signal::TERM)
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let mut line = String::new();
        BufReader::new(child.stdout()).read_line(&mut line)?;
        let address =
            line.trim_end().strip_prefix("listening on http://").and_then(|address| address.parse().ok());
        Ok(Running { child, address: address.context("the service did not say where it listens")? })
    }
}

impl Running {
    pub(super) fn stop(mut self) -> Result<()> {
        let status = self.child.end()?;
        ensure!(status.success(), "the service did not stop well: {status}");
        Ok(())
    }
}
