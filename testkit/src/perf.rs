//! perf: which probes it lists, and the arguments that it records, past those that bpftrace shows.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rustix::fs::FlockOperation;
use tempfile::TempDir;

use crate::tool;

/// The probes of `path` that `perf list sdt` shows, as `provider:name`.
///
/// # Errors
///
/// If perf fails; it wants a file with a build-id.
pub fn list_sdt(path: &Path) -> Result<Vec<String>> {
    let text = Perf::with(path)?.run(&["list", "sdt"])?;
    let events = text.lines().filter_map(|line| line.trim().strip_prefix("sdt_"));
    Ok(events.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

/// Runs `path` with `arguments` while perf records the probe `provider:name`, and gives the arguments of each hit.
///
/// Values are as perf prints them: decimal, signed where the note says so.
///
/// # Errors
///
/// If perf fails or doesn't know the probe.
pub fn record(path: &Path, probe: &str, arguments: &[&str]) -> Result<Vec<Vec<String>>> {
    let perf = Perf::with(path)?;
    let event = Event::add(&perf, path, probe)?;
    let data = perf.home.path().join("perf.data");
    let data = data.to_str().context("a temporary path is text")?;
    let program = path.to_str().context("perf takes a path that is text")?;
    let command = [&["record", "-o", data, "-e", &event.name, "--", program], arguments].concat();
    perf.run(&command)?;
    let text = perf.run(&["script", "-i", data, "-F", "event,trace"])?;
    ensure!(!text.contains("LOST"), "perf lost events:\n{text}");
    Ok(text.lines().filter(|line| line.contains(&event.name)).map(recorded_arguments).collect())
}

/// The values of `group:event: (address) arg1=0 arg2=1`.
fn recorded_arguments(line: &str) -> Vec<String> {
    let is_argument = |name: &str| name.strip_prefix("arg").is_some_and(|n| n.parse::<u8>().is_ok());
    let pairs = line.split_whitespace().filter_map(|word| word.split_once('='));
    pairs.filter(|(name, _)| is_argument(name)).map(|(_, value)| value.to_owned()).collect()
}

/// perf with a home of its own, so that the caches of the machine stay as they are.
struct Perf {
    home: TempDir,
}

impl Perf {
    /// perf that knows the probes of `path`.
    fn with(path: &Path) -> Result<Self> {
        let perf = Self { home: TempDir::new()? };
        perf.run(&["buildid-cache", "--add", path.to_str().context("perf takes a path that is text")?])?;
        Ok(perf)
    }

    fn run(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new("perf");
        command.env("HOME", self.home.path()).arg("--buildid-dir").arg(self.home.path().join("buildid"));
        tool::stdout_of(command.args(arguments))
    }
}

/// An event in the kernel's list, which all processes share; removed on drop.
struct Event<'a> {
    perf: &'a Perf,
    name: String,
    /// perf names the event after the probe, so two tests that record probes of one name must take turns.
    _lock: File,
}

impl<'a> Event<'a> {
    fn add(perf: &'a Perf, path: &Path, probe: &str) -> Result<Self> {
        ensure!(probe.contains(':'), "a probe is written provider:name, not {probe}");
        let lock = File::create(std::env::temp_dir().join("testkit-perf.lock"))?;
        rustix::fs::flock(&lock, FlockOperation::LockExclusive)?;
        let event = Self { perf, name: format!("sdt_{probe}"), _lock: lock };
        let program = path.to_str().context("perf takes a path that is text")?;
        perf.run(&["probe", "-x", program, &event.name])?;
        Ok(event)
    }
}

impl Drop for Event<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.perf.run(&["probe", "-d", &self.name]) {
            eprintln!("the event {} stays in the kernel's list: {error}", self.name);
        }
    }
}
