//! The command `usdt`, from one end to the other.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use testkit::usdt;

use super::program::{Fired, Pace, Program};

/// A run under `usdt watch`, and what became of it.
pub(super) struct Watched {
    pub(super) fired: Fired,
    pub(super) shown: u64,
    pub(super) lost: u64,
    /// MiB that the command had at most.
    pub(super) memory: f64,
}

/// Milliseconds from the start of `usdt watch` until it says that it watches.
pub(super) fn attach(program: &Program) -> Result<f64> {
    let begin = Instant::now();
    let watching = Watching::start(program, &["--json"])?;
    let attached = begin.elapsed();
    watching.end()?;
    Ok(attached.as_secs_f64() * 1e3)
}

/// Lets the program fire while `usdt watch --json` writes a line for each firing, or counts them with `--count`. It fails if a
/// firing is neither shown nor counted as lost.
pub(super) fn watch(program: &Program, words: &[&str], pace: Pace, millis: u64) -> Result<Watched> {
    let watching = Watching::start(program, &[&["--json"], words].concat())?;
    let fired = program.run(pace, millis)?;
    // The peak is asked for while it is there.
    let memory = peak_memory(watching.child.id())?;
    let summary = watching.end()?;
    let sum = |key: &str| -> u64 {
        let rows = summary[key].as_array().map(Vec::as_slice).unwrap_or_default();
        rows.iter().filter_map(|row| row["firings"].as_u64()).sum()
    };
    let (shown, lost) = (sum("counts"), sum("lost"));
    ensure!(shown + lost == fired.count, "{} fired, {shown} shown, {lost} lost", fired.count);
    Ok(Watched { fired, shown, lost, memory })
}

/// The command, attached.
struct Watching {
    child: Child,
    /// `tail`: what it wrote, but for the last line, is thrown away.
    last_line: Child,
}

impl Watching {
    fn start(program: &Program, words: &[&str]) -> Result<Self> {
        let mut command = Command::new(usdt::program()?);
        command.arg("watch").args(words).arg(&program.path).arg("load:tick");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("the output is piped")?;
        let last_line =
            Command::new("tail").args(["-n", "1"]).stdin(stdout).stdout(Stdio::piped()).spawn()?;
        let mut stderr = BufReader::new(child.stderr.take().context("the error output is piped")?);
        let mut line = String::new();
        stderr.read_line(&mut line)?;
        ensure!(line.starts_with("usdt: watching "), "usdt says {line:?}");
        // Nobody reads the rest, of which there is little.
        std::thread::spawn(move || stderr.read_to_string(&mut String::new()));
        Ok(Self { child, last_line })
    }

    /// Detaches, and gives the summary.
    fn end(mut self) -> Result<Value> {
        kill_process(Pid::from_child(&self.child), Signal::INT)?;
        ensure!(self.child.wait()?.success(), "usdt failed");
        Ok(serde_json::from_slice(&self.last_line.wait_with_output()?.stdout)?)
    }
}

fn peak_memory(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}
