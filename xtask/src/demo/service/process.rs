//! The service that is watched: built, started, stopped.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use serde::Deserialize;

use super::super::child::Child;

/// One line of what cargo says about a build.
#[derive(Deserialize)]
struct Built {
    executable: Option<PathBuf>,
}

/// Builds the service as its users would, and gives the path of the program.
pub(super) fn build() -> Result<PathBuf> {
    let workspace =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask stands in the workspace")?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace).args(["build", "--release", "--package", "kv-service"]);
    let output = cargo.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit()).output();
    let output = output.context("cannot start cargo")?;
    ensure!(output.status.success(), "the service could not be built");
    let lines = output.stdout.split(|&byte| byte == b'\n');
    let mut built = lines.filter_map(|line| serde_json::from_slice::<Built>(line).ok()?.executable);
    built.next_back().context("cargo did not say where the service is")
}

/// A program and its data, not running.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) program: PathBuf,
    pub(super) data: PathBuf,
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
