//! perf: which probes it lists, and the arguments that it records, past those that bpftrace shows.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rustix::fs::FlockOperation;
use tempfile::TempDir;

use crate::subject::Subject;
use crate::target::Target;
use crate::tool;
use crate::tools::Tools;
use crate::watch::Seen;

/// The probes of `path` that `perf list sdt` shows, as `provider:name`.
///
/// # Errors
///
/// If perf fails; it wants a file with a build-id.
pub fn list_sdt(path: &Path) -> Result<Vec<String>> {
    list_sdt_with(&Tools::Machine, path)
}

/// The same, by another perf.
///
/// # Errors
///
/// If perf fails; it wants a file with a build-id.
pub fn list_sdt_with(tools: &Tools, path: &Path) -> Result<Vec<String>> {
    Ok(listed(&Perf::with(tools, &[path])?.run(&["list", "sdt"])?))
}

/// Runs `path` with `arguments` while perf records the probe `provider:name`, and gives the arguments of each hit.
///
/// Values are as perf prints them: decimal, signed where the note says so.
///
/// # Errors
///
/// If perf fails or doesn't know the probe.
pub fn record(path: &Path, probe: &str, arguments: &[&str]) -> Result<Vec<Vec<String>>> {
    let perf = Perf::with(&Tools::Machine, &[path])?;
    let events = Events::add(&perf, &[(path, probe)])?;
    let program = path.to_str().context("perf takes a path that is text")?;
    let command = [&["--", program], arguments].concat();
    perf.run(&[&events.record()[..], &command].concat())?;
    Ok(events.hits(false)?.into_iter().map(|hit| hit.values).collect())
}

/// What `perf list sdt` shows when it is asked for the process `pid`, as `provider:name`.
///
/// # Errors
///
/// If perf fails.
pub fn list_sdt_of(tools: &Tools, pid: u32) -> Result<Vec<String>> {
    let text = Perf::with(tools, &[])?.run(&["list", "sdt", "-p", &pid.to_string()])?;
    Ok(listed(&text))
}

/// Does `run` while a perf records the probes (file and `provider:name`), and gives each hit together with what `run`
/// gave. Where perf starts a program, it records until that ends.
///
/// # Errors
///
/// If perf fails or doesn't know a probe.
pub fn watch<R>(
    tools: &Tools,
    target: Target<'_>,
    probes: &[(&Path, &str)],
    stacks: bool,
    run: impl FnOnce() -> R,
) -> Result<(Vec<Seen>, R)> {
    let files: BTreeSet<&Path> = probes.iter().map(|(path, _)| *path).collect();
    let perf = Perf::with(tools, &files.into_iter().collect::<Vec<_>>())?;
    let events = Events::add(&perf, probes)?;
    let selected = selected(target, stacks);
    let selected = selected.iter().map(String::as_str);
    let mut words: Vec<&str> = events.record().into_iter().chain(["-q"]).chain(selected).collect();
    let starts = if let Target::Command(launch) = target { Some(launch) } else { None };
    if starts.is_none() {
        // perf starts a program of its own when it records, and records until that ends.
        words.extend(["--", "sh", "-c", "echo ready; read line"]);
    }
    let mut command = perf.command(&words);
    command.envs(starts.iter().flat_map(|launch| &launch.env).map(|(name, value)| (name, value)));
    let mut session = Subject::spawn(&mut command)?;
    if starts.is_none() {
        session.wait_for("ready")?;
    }
    let result = run();
    if starts.is_none() {
        session.send("end")?;
    }
    let (status, said) = session.finish()?;
    ensure!(status.success(), "perf: {status}\n{said}");
    Ok((events.hits(stacks)?, result))
}

/// The words of `perf record` that say whom it watches, and whether it records stacks.
pub(crate) fn selected(target: Target<'_>, stacks: bool) -> Vec<String> {
    let mut words: Vec<String> = if stacks { vec!["-g".to_owned()] } else { Vec::new() };
    match target {
        Target::File => words.push("-a".to_owned()),
        Target::Process(pid) => words.extend(["-p".to_owned(), pid.to_string()]),
        Target::Command(launch) => {
            words.extend(["--".to_owned(), launch.program.display().to_string()]);
            words.extend(launch.arguments.iter().cloned());
        }
    }
    words
}

/// The probes in the output of `perf list`.
fn listed(text: &str) -> Vec<String> {
    let events = text.lines().filter_map(|line| line.trim().strip_prefix("sdt_"));
    events.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// The values of `group:event: (address) arg1=0 arg2=1`.
fn recorded_arguments(line: &str) -> Vec<String> {
    let is_argument = |name: &str| name.strip_prefix("arg").is_some_and(|n| n.parse::<u8>().is_ok());
    let pairs = line.split_whitespace().filter_map(|word| word.split_once('='));
    pairs.filter(|(name, _)| is_argument(name)).map(|(_, value)| value.to_owned()).collect()
}

/// perf with a home of its own, so that the caches of the machine stay as they are.
struct Perf<'a> {
    tools: &'a Tools,
    home: TempDir,
}

impl<'a> Perf<'a> {
    /// perf that knows the probes of some files.
    fn with(tools: &'a Tools, paths: &[&Path]) -> Result<Self> {
        let perf = Self { tools, home: TempDir::new()? };
        for path in paths {
            perf.run(&["buildid-cache", "--add", path.to_str().context("perf takes a path that is text")?])?;
        }
        Ok(perf)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.tools.command("perf");
        command.env("HOME", self.home.path()).arg("--buildid-dir").arg(self.home.path().join("buildid"));
        command.args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<String> {
        tool::stdout_of(&mut self.command(arguments))
    }
}

/// Events in the kernel's list, which all processes share; removed on drop.
struct Events<'a> {
    perf: &'a Perf<'a>,
    /// The names that perf gave them, and the probes. perf 7.2 writes one `_` for several.
    named: Vec<(String, String)>,
    data: String,
    /// perf names an event after the probe, so two tests that record probes of one name must take turns.
    _lock: File,
}

impl<'a> Events<'a> {
    fn add(perf: &'a Perf<'a>, probes: &[(&Path, &str)]) -> Result<Self> {
        let lock = File::create(std::env::temp_dir().join("testkit-perf.lock"))?;
        rustix::fs::flock(&lock, FlockOperation::LockExclusive)?;
        let data = perf.home.path().join("perf.data");
        let data = data.to_str().context("a temporary path is text")?.to_owned();
        let mut events = Self { perf, named: Vec::new(), data, _lock: lock };
        for (path, probe) in probes {
            ensure!(probe.contains(':'), "a probe is written provider:name, not {probe}");
            let path = path.to_str().context("perf takes a path that is text")?;
            let output = tool::output_of(&mut perf.command(&["probe", "-x", path, &format!("sdt_{probe}")]))?;
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            let name = said.split_whitespace().find(|word| word.starts_with("sdt_"));
            let name = name.filter(|_| output.status.success());
            let name = name.with_context(|| format!("perf probe {probe} said:\n{said}"))?;
            events.named.push((name.to_owned(), (*probe).to_owned()));
        }
        Ok(events)
    }

    /// The first words of a recording of all of them.
    fn record(&self) -> Vec<&str> {
        let events = self.named.iter().flat_map(|(name, _)| ["-e", name]);
        ["record", "-o", &self.data].into_iter().chain(events).collect()
    }

    /// Each recorded hit; behind its line are those of its stack.
    fn hits(&self, stacks: bool) -> Result<Vec<Seen>> {
        let fields = if stacks { "pid,event,ip,sym,trace" } else { "pid,event,trace" };
        let text = self.perf.run(&["script", "-i", &self.data, "-F", fields])?;
        ensure!(!text.contains("LOST"), "perf lost events:\n{text}");
        let mut hits: Vec<Seen> = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            match (self.hit(line), hits.last_mut()) {
                (Some(hit), _) => hits.push(hit),
                (None, Some(last)) => last.stack.push(line.to_owned()),
                (None, None) => {}
            }
        }
        Ok(hits)
    }

    /// The hit of a line `PID EVENT: (ADDRESS) arg1=…`.
    fn hit(&self, line: &str) -> Option<Seen> {
        let mut words = line.split_whitespace();
        let (pid, event) = (words.next()?.parse().ok()?, words.next()?.strip_suffix(':')?);
        let (_, probe) = self.named.iter().find(|(name, _)| name == event)?;
        let values = recorded_arguments(line);
        Some(Seen { probe: probe.clone(), pid: Some(pid), values, stack: Vec::new() })
    }
}

impl Drop for Events<'_> {
    fn drop(&mut self) {
        for (name, _) in &self.named {
            if let Err(error) = self.perf.run(&["probe", "-d", name]) {
                eprintln!("the event {name} stays in the kernel's list: {error}");
            }
        }
    }
}
