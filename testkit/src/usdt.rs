//! Our own command, `usdt`: built, asked for what it lists, and watching.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::build::{target_dir, workspace};
use crate::target::Launch;
use crate::tool::{lines_of, output_of, stdout_of, wait};

/// The longest that it may take to attach, or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// The command's file, which is built when it is first asked for.
///
/// # Errors
///
/// What the compiler said.
pub fn program() -> Result<&'static Path> {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    if let Some(program) = PROGRAM.get() {
        return Ok(program);
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = target_dir().join("testkit/usdt");
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--release", "--package", "usdt-cli", "--target-dir"]).arg(&target);
    let output = output_of(build.current_dir(workspace()))?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(PROGRAM.get_or_init(|| target.join("release/usdt")))
}

/// The probes of a file or a process, an object each, as `usdt list --json` writes them.
///
/// # Errors
///
/// If it fails: there may be none.
pub fn list(target: &str) -> Result<Vec<Value>> {
    let text = stdout_of(Command::new(program()?).args(["list", "--json", target]))?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// The last firings that `usdt core` finds in a core, or in a process, all of them, and its summary.
///
/// # Errors
///
/// If it fails: there may be no recorder.
pub fn recorded(target: &str, probes: &[&str]) -> Result<(Vec<Value>, Value)> {
    let text = stdout_of(Command::new(program()?).args(["core", "--all", "--json", target]).args(probes))?;
    let objects = text.lines().map(serde_json::from_str);
    let mut objects: Vec<Value> = objects.collect::<Result<_, _>>()?;
    let summary = objects.pop().context("usdt core wrote no summary")?;
    ensure!(summary["type"] == "summary", "the last object is {summary}");
    Ok((objects, summary))
}

/// `usdt watch`, attached.
#[derive(Debug)]
pub struct Watching {
    child: Child,
    lines: Receiver<String>,
    rest: JoinHandle<String>,
    /// Where it writes, if it has started a program whose output the other one is.
    output: Option<NamedTempFile>,
}

impl Watching {
    /// Starts `usdt watch --json` with these words, and waits until it has attached.
    ///
    /// # Errors
    ///
    /// If it ends before that.
    pub fn start(words: &[&str]) -> Result<Self> {
        let mut command = Command::new(program()?);
        command.args(["watch", "--json"]).args(words);
        Self::spawn(command, None)
    }

    /// The same, but it starts a program then, and ends with it.
    ///
    /// # Errors
    ///
    /// If it ends before that.
    pub fn launch(words: &[&str], launch: &Launch) -> Result<Self> {
        let output = NamedTempFile::new()?;
        let mut command = Command::new(program()?);
        command.args(["watch", "--json", "--output"]).arg(output.path()).args(words);
        command.arg("--").arg(&launch.program).args(&launch.arguments);
        command.envs(launch.env.iter().map(|(name, value)| (name, value)));
        Self::spawn(command, Some(output))
    }

    fn spawn(mut command: Command, output: Option<NamedTempFile>) -> Result<Self> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("usdt doesn't start")?;
        let lines = lines_of(child.stdout.take().context("the output is piped")?);
        let stderr = lines_of(child.stderr.take().context("the error output is piped")?);
        let mut said = String::new();
        let deadline = Instant::now() + PATIENCE;
        loop {
            match stderr.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.starts_with("usdt: watching ") => break,
                Ok(line) => said += &(line + "\n"),
                Err(_) => {
                    let _ = child.kill();
                    let _ = child.wait();
                    bail!("{command:?} did not attach:\n{said}");
                }
            }
        }
        let rest = std::thread::spawn(move || stderr.into_iter().collect::<Vec<_>>().join("\n"));
        Ok(Self { child, lines, rest, output })
    }

    /// Detaches, if it hasn't ended by itself, and gives what it wrote: an object for each firing, and the summary.
    ///
    /// # Errors
    ///
    /// If it doesn't end well.
    pub fn finish(mut self) -> Result<(Vec<Value>, Value)> {
        if self.child.try_wait()?.is_none() {
            let pid = Pid::from_child(&self.child);
            kill_process(pid, Signal::INT)?;
        }
        self.end()
    }

    /// Waits until it ends by itself; then as [`finish`](Self::finish).
    ///
    /// # Errors
    ///
    /// If it doesn't end, or not well.
    pub fn end(mut self) -> Result<(Vec<Value>, Value)> {
        let Some(status) = wait(&mut self.child, PATIENCE)? else {
            let _ = self.child.kill();
            bail!("usdt watch did not end");
        };
        let said = self.rest.join().unwrap_or_default();
        let lines: Vec<String> = match &self.output {
            Some(output) => std::fs::read_to_string(output.path())?.lines().map(str::to_owned).collect(),
            None => {
                ensure!(status.success(), "usdt watch: {status}\n{said}");
                self.lines.into_iter().collect()
            }
        };
        let objects = lines.iter().map(|line| serde_json::from_str(line));
        let mut objects: Vec<Value> = objects.collect::<Result<_, _>>()?;
        let summary = objects.pop().context("usdt watch wrote no summary")?;
        ensure!(summary["type"] == "summary", "the last object is {summary}");
        Ok((objects, summary))
    }
}
