//! bpftrace: a script made of probes and actions, a session that is known to be attached, and what it printed.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::expect;
use crate::target::Launch;
use crate::tool::{self, lines_of, wait};
use crate::tools::Tools;

/// What the script prints first.
const READY: &str = "testkit: attached\n";
/// How long attaching may take.
const ATTACH: Duration = Duration::from_secs(20);
/// Before it is stopped: bpftrace 0.27 throws away what it has not printed yet.
const QUIET: Duration = Duration::from_millis(300);
const QUIET_AT_LAST: Duration = Duration::from_secs(5);
/// It is asked so often to end, then killed: bpftrace 0.17 forgets a SIGINT that comes as its wait for events is over but, on a busy
/// machine, hasn't returned yet.
const ASKS: u32 = 10;
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// The pages of the buffer of each CPU; the 64 of the default lose events under load.
const BUFFER_PAGES: &str = "1024";

/// A script and how to run it.
#[derive(Debug, Clone, Default)]
pub struct Bpftrace {
    tools: Tools,
    programs: Vec<(String, String)>,
    pid: Option<u32>,
    starts: Option<Launch>,
    env: Vec<(String, String)>,
}

/// Everything that a session said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Output {
    /// What each `printf` printed, in order, without the line end.
    pub lines: Vec<String>,
    /// The maps at the end, by name (`@count`), as bpftrace's JSON has them.
    pub maps: BTreeMap<String, Value>,
    /// Events that bpftrace says it lost; 0.27.1 never counts those of the last CPU.
    pub lost: u64,
    /// Its complaints.
    pub stderr: String,
}

/// A bpftrace that has attached all its probes; killed on drop.
#[derive(Debug)]
pub struct Session {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    heard: Heard,
    starts: bool,
}

impl Bpftrace {
    /// An empty script.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a probe in bpftrace's words (`usdt:/path:provider:probe`, `interval:s:1`) and what to do there.
    #[must_use]
    pub fn program(mut self, probe: impl Into<String>, action: impl Into<String>) -> Self {
        self.programs.push((probe.into(), action.into()));
        self
    }

    /// Adds the USDT probe `provider:name` of the file `path`.
    #[must_use]
    pub fn usdt(self, path: &Path, probe: &str, action: impl Into<String>) -> Self {
        self.program(format!("usdt:{}:{probe}", path.display()), action)
    }

    /// Watches this process only.
    #[must_use]
    pub fn pid(mut self, pid: u32) -> Self {
        self.pid = Some(pid);
        self
    }

    /// Starts this program, and watches it only; the session is over when it ends.
    #[must_use]
    pub fn starts(mut self, launch: &Launch) -> Self {
        self.starts = Some(launch.clone());
        self
    }

    /// How many bytes of a string `str()` reads: 64 by default, 200 at most in bpftrace 0.17.
    #[must_use]
    pub fn strlen(self, bytes: u32) -> Self {
        // Renamed in 0.20.
        self.env("BPFTRACE_STRLEN", bytes.to_string()).env("BPFTRACE_MAX_STRLEN", bytes.to_string())
    }

    /// Sets a variable of bpftrace's environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Runs another bpftrace than this machine's.
    #[must_use]
    pub fn tools(mut self, tools: &Tools) -> Self {
        self.tools = tools.clone();
        self
    }

    /// The script as bpftrace gets it.
    #[must_use]
    pub fn script(&self) -> String {
        let ready = READY.trim_end();
        let programs = self.programs.iter().map(|(probe, action)| format!("{probe} {{ {action} }}\n"));
        format!("BEGIN {{ printf(\"{ready}\\n\"); }}\n{}", programs.collect::<String>())
    }

    /// The words that a person types after `bpftrace` for the same: without what makes the output easy to parse.
    #[must_use]
    pub fn typed(&self) -> Vec<String> {
        let programs = self.programs.iter().map(|(probe, action)| format!("{probe} {{ {action} }}"));
        let script = programs.collect::<Vec<_>>().join("\n");
        ["-e".to_owned(), script].into_iter().chain(self.target()).collect()
    }

    fn target(&self) -> Vec<String> {
        let pid = self.pid.map(|pid| ["-p".to_owned(), pid.to_string()]);
        let starts = self.starts.as_ref().map(|launch| ["-c".to_owned(), launch.line()]);
        pid.into_iter().chain(starts).flatten().collect()
    }

    /// Starts it and waits until every probe is attached.
    ///
    /// # Errors
    ///
    /// If bpftrace ends, doesn't find each of the probes, or isn't attached within 20 seconds; the error holds what
    /// it said.
    pub fn start(&self) -> Result<Session> {
        let mut command = self.command();
        let mut child = command.spawn().with_context(|| tool::hint(&command))?;
        let stdout = lines_of(child.stdout.take().context("the output is piped")?);
        let stderr = lines_of(child.stderr.take().context("the output is piped")?);
        let mut session =
            Session { child, stdout, stderr, heard: Heard::default(), starts: self.starts.is_some() };
        session.wait_until_attached().with_context(|| format!("the script:\n{}", self.script()))?;
        let expected = self.programs.len() + 1;
        let attached = session.heard.attached.unwrap_or_default();
        // bpftrace goes on without a probe that it doesn't find.
        ensure!(
            attached >= expected as u64,
            "bpftrace attached {attached} of {expected}:\n{}",
            self.script()
        );
        Ok(session)
    }

    fn command(&self) -> Command {
        let mut command = self.tools.command("bpftrace");
        command.args(["-f", "json", "-B", "line", "-e"]).arg(self.script());
        command.args(self.target());
        command.env("BPFTRACE_PERF_RB_PAGES", BUFFER_PAGES);
        let of_program = self.starts.iter().flat_map(|launch| &launch.env);
        command.envs(self.env.iter().chain(of_program).map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

impl Session {
    fn wait_until_attached(&mut self) -> Result<()> {
        let start = Instant::now();
        while !(self.heard.ready && self.heard.attached.is_some()) {
            let left = ATTACH.saturating_sub(start.elapsed());
            match self.stdout.recv_timeout(left) {
                Ok(line) => self.heard.line(&line),
                Err(RecvTimeoutError::Timeout) => {
                    bail!("bpftrace has not attached for {ATTACH:?}: {}", self.complaints())
                }
                Err(RecvTimeoutError::Disconnected) => bail!("bpftrace ended: {}", self.complaints()),
            }
        }
        Ok(())
    }

    /// Waits until `count` lines were printed since the start.
    ///
    /// # Errors
    ///
    /// If they don't come within 20 seconds.
    pub fn wait_for_lines(&mut self, count: usize) -> Result<()> {
        let start = Instant::now();
        while self.heard.output.lines.len() < count {
            let line = self.stdout.recv_timeout(ATTACH.saturating_sub(start.elapsed()));
            let line = line.with_context(|| {
                format!("expected {count} lines, bpftrace said {:?}", self.heard.output.lines)
            })?;
            self.heard.line(&line);
        }
        Ok(())
    }

    /// Stops it (or waits for the end of the program that it started) and gives all that it said.
    ///
    /// # Errors
    ///
    /// If it doesn't end when asked to: its maps would be missing.
    pub fn finish(mut self) -> Result<Output> {
        if self.starts {
            // It ends with its program; if that goes on, it is interrupted.
            wait(&mut self.child, ATTACH)?;
        }
        self.listen_until_quiet();
        if !self.ends()? {
            bail!("bpftrace doesn't end on SIGINT: {}", self.complaints());
        }
        for line in self.stdout.iter() {
            self.heard.line(&line);
        }
        for line in self.stderr.iter() {
            self.heard.complaint(&line);
        }
        Ok(std::mem::take(&mut self.heard.output))
    }

    fn listen_until_quiet(&mut self) {
        let start = Instant::now();
        while start.elapsed() < QUIET_AT_LAST
            && let Ok(line) = self.stdout.recv_timeout(QUIET)
        {
            self.heard.line(&line);
        }
    }

    /// Asks it to end; whether it did.
    fn ends(&mut self) -> Result<bool> {
        for _ in 0..ASKS {
            self.interrupt();
            if wait(&mut self.child, ASK_AGAIN)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn interrupt(&self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It fails only if bpftrace has ended, which the wait tells.
            let _ = kill_process(pid, Signal::INT);
        }
    }

    /// What it wrote to its standard error, after ending it.
    fn complaints(&mut self) -> String {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        for line in self.stderr.iter() {
            self.heard.complaint(&line);
        }
        self.heard.output.stderr.clone()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Output {
    /// True if nothing was printed and no map holds anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.maps.values().all(is_nothing)
    }

    /// The map `name` as a number, 0 if it was never touched.
    ///
    /// # Panics
    ///
    /// If it holds something else.
    #[must_use]
    #[track_caller]
    pub fn count(&self, name: &str) -> u64 {
        let value = self.maps.get(name).unwrap_or(&Value::Null);
        let number = if is_nothing(value) { Some(0) } else { value.as_u64() };
        number.unwrap_or_else(|| panic!("expected a number in {name}, bpftrace said {value}"))
    }

    /// Fails unless exactly these lines were printed, and nothing was lost.
    #[track_caller]
    pub fn assert_lines(&self, expected: &[impl AsRef<str>]) {
        let (expected, said) = (texts(expected), texts(&self.lines));
        expect::same_rows("bpftrace", &expected, &said);
        self.assert_complete();
    }

    /// Fails unless these lines were printed in whatever order (several CPUs), and nothing was lost.
    #[track_caller]
    pub fn assert_lines_unordered(&self, expected: &[impl AsRef<str>]) {
        let (mut expected, mut said) = (texts(expected), texts(&self.lines));
        expected.sort_unstable();
        said.sort_unstable();
        expect::same_rows("bpftrace", &expected, &said);
        self.assert_complete();
    }

    /// Fails unless the map `name` holds the number `expected`, and nothing was lost.
    #[track_caller]
    pub fn assert_count(&self, name: &str, expected: u64) {
        expect::equal(&format!("{name} of bpftrace"), &expected, &self.count(name));
        self.assert_complete();
    }

    /// Fails if events were lost.
    #[track_caller]
    pub fn assert_complete(&self) {
        assert_eq!(self.lost, 0, "bpftrace lost {} events: {}", self.lost, self.stderr);
    }
}

fn texts(lines: &[impl AsRef<str>]) -> Vec<&str> {
    lines.iter().map(AsRef::as_ref).collect()
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Number(number) => number.as_u64() == Some(0),
        Value::Array(items) => items.is_empty(),
        Value::Object(items) => items.is_empty(),
        _ => false,
    }
}

/// What was understood so far.
#[derive(Debug, Default)]
struct Heard {
    ready: bool,
    attached: Option<u64>,
    output: Output,
}

impl Heard {
    /// A line of the standard output; what isn't JSON is of no interest.
    fn line(&mut self, line: &str) {
        let Ok(message) = serde_json::from_str::<Value>(line) else { return };
        let data = &message["data"];
        match message["type"].as_str() {
            Some("attached_probes") => self.attached = data["probes"].as_u64(),
            Some("lost_events") => self.output.lost += data["events"].as_u64().unwrap_or(1),
            Some("printf") => self.printed(data.as_str().unwrap_or_default()),
            Some("map" | "hist" | "lhist" | "stats" | "tseries") => self.maps(data),
            _ => {}
        }
    }

    fn printed(&mut self, text: &str) {
        if !self.ready && text == READY {
            self.ready = true;
        } else {
            self.output.lines.push(text.strip_suffix('\n').unwrap_or(text).to_owned());
        }
    }

    fn maps(&mut self, data: &Value) {
        for (name, value) in data.as_object().into_iter().flatten() {
            self.output.maps.insert(name.clone(), value.clone());
        }
    }

    /// A line of the standard error, where newer versions sum up what was lost.
    fn complaint(&mut self, line: &str) {
        if let Some((_, total)) = line.split_once("Total lost event count: ") {
            self.output.lost = self.output.lost.max(total.trim().parse().unwrap_or(1));
        }
        self.output.stderr.push_str(line);
        self.output.stderr.push('\n');
    }
}

/// Attaches `script`, does `run`, and gives what was seen together with what `run` gave. If nothing at all was seen,
/// it says so and does everything once more.
///
/// # Errors
///
/// If bpftrace can't attach or doesn't end.
pub fn observe<R>(script: &Bpftrace, mut run: impl FnMut() -> R) -> Result<(Output, R)> {
    let first = observe_once(script, &mut run)?;
    if !first.0.is_empty() {
        return Ok(first);
    }
    // Not by a macro: the test harness would hide it.
    writeln!(
        std::io::stderr(),
        "bpftrace saw nothing, trying once more:\n{}{}",
        script.script(),
        first.0.stderr
    )?;
    observe_once(script, &mut run)
}

fn observe_once<R>(script: &Bpftrace, run: &mut impl FnMut() -> R) -> Result<(Output, R)> {
    let session = script.start()?;
    let result = run();
    Ok((session.finish()?, result))
}

/// What `bpftrace -l` lists of the file `path`: `usdt:PATH:provider:probe`.
///
/// # Errors
///
/// If bpftrace fails.
pub fn list(path: &Path) -> Result<Vec<String>> {
    list_with(&Tools::Machine, path)
}

/// The same, by another bpftrace.
///
/// # Errors
///
/// If bpftrace fails.
pub fn list_with(tools: &Tools, path: &Path) -> Result<Vec<String>> {
    let probes = format!("usdt:{}:*", path.display());
    let text = tool::stdout_of(tools.command("bpftrace").args(["-l", &probes]))?;
    Ok(text.lines().filter(|line| line.starts_with("usdt:")).map(str::to_owned).collect())
}
