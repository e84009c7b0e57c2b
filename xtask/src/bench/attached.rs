//! The same loops while bpftrace watches every probe in them, attached by path.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::peers::{Case, Peers, Place};
use super::timing::{self, Timed};
use super::tools::{progress, workshop};

/// What the tracer does with a firing.
#[derive(Clone, Copy)]
pub(super) enum Script {
    /// Counts it.
    Count,
    /// Reads the string or the JSON in its first argument, and counts it if that is what was sent.
    Text,
}

impl Script {
    fn kinds(self) -> &'static str {
        match self {
            Self::Count => "none,two,text,json",
            Self::Text => "text,json",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Count => "count()",
            Self::Text => "str(arg0)",
        }
    }

    fn action(self, case: &Case) -> String {
        let count = format!("@{} = count();", map(&case.peer, &case.kind));
        let sent = match (self, case.kind.as_str()) {
            (Self::Count, _) => return count,
            (Self::Text, "json") => r#"{\"ok\":{\"id\":42,\"status\":200,\"path\":\"/api/orders\"}}"#,
            (Self::Text, _) => "/api/orders/42/items",
        };
        format!(r#"if (str(arg0) == "{sent}") {{ {count} }}"#)
    }

    /// The program for bpftrace. The empty loops have no probe.
    fn text(self, peers: &Peers, cases: &[Case]) -> String {
        let mut text = "BEGIN { printf(\"attached\\n\"); }\n".to_owned();
        let program = peers.program.display();
        for case in cases.iter().filter(|case| is_probe(case) && self.kinds().contains(&case.kind)) {
            let Case { peer, kind, .. } = case;
            // Writing to a `String` can't fail.
            let _ = writeln!(text, "usdt:{program}:bench_{peer}:{kind} {{ {} }}", self.action(case));
            if peer == "probe_lazy" {
                // Each of its sites has a semaphore of its own, so the second site is a probe of its own.
                let _ =
                    writeln!(text, "usdt:{program}:bench_{peer}_alone:{kind} {{ {} }}", self.action(case));
            }
        }
        text
    }
}

fn is_probe(case: &Case) -> bool {
    !case.peer.starts_with("empty")
}

fn map(peer: &str, kind: &str) -> String {
    format!("{peer}_{kind}")
}

/// What one probe of one peer costs while it is watched.
pub(super) struct Attached {
    pub(super) timed: Timed,
    pub(super) place: Place,
    /// How many firings the tracer saw, and how many there were.
    pub(super) seen: u64,
    pub(super) fired: u64,
}

impl Attached {
    /// Whether the tracer missed nothing and saw the right thing; otherwise the time means nothing.
    pub(super) fn is_right(&self) -> bool {
        self.seen == self.fired
    }
}

/// Attaches to the running program, then lets it fire.
pub(super) fn measure(
    peers: &Peers,
    script: Script,
    place: Place,
    effort: (usize, u64),
) -> Result<Vec<Attached>> {
    progress(&format!("timing attached sites in a {}, {}", place.name(), script.name()));
    let cases = peers.cases()?;
    let mut command = peers.time(effort, script.kinds(), place);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let tracer = Tracer::attach(&script.text(peers, &cases))?;
    let rows = timing::run(child)?;
    let counts = tracer.stop()?;
    let (rounds, firings) = effort;
    // The program fires through one more round, to warm up.
    let fired = (rounds as u64 + 1) * firings;
    let attach = |timed: Timed| {
        let seen = counts.get(&map(&timed.peer, &timed.kind)).copied().unwrap_or(0);
        Attached { timed, place, seen, fired }
    };
    Ok(timing::net(&rows, firings)?.into_iter().map(attach).collect())
}

/// A bpftrace that has attached everything.
struct Tracer {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Tracer {
    fn attach(script: &str) -> Result<Self> {
        let mut command = Command::new("bpftrace");
        command.args(["-B", "line", "-f", "json", "-e", script]);
        // It warns about each comparison with a string.
        let log = workshop().join("bpftrace.log");
        command.stdout(Stdio::piped()).stderr(File::create(&log)?);
        let mut child = command.spawn().context("bpftrace")?;
        let stdout = child.stdout.take().context("bpftrace has no stdout")?;
        let mut tracer = Self { child, lines: BufReader::new(stdout).lines() };
        let ready = tracer.lines.any(|line| line.is_ok_and(|line| line.contains("attached\\n")));
        ensure!(ready, "bpftrace could not attach:\n{script}\n{}", std::fs::read_to_string(log)?);
        Ok(tracer)
    }

    /// The counts that it prints at its end.
    fn stop(mut self) -> Result<BTreeMap<String, u64>> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("a process id")?;
        let (stopped, stop) = mpsc::channel::<()>();
        // It sometimes misses the first one; one that comes while it lets go of the probes makes it forget its counts.
        let insist = thread::spawn(move || {
            for signal in [Signal::INT, Signal::INT, Signal::KILL] {
                let _ = kill_process(pid, signal);
                if stop.recv_timeout(Duration::from_secs(10)) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
        });
        let mut counts = BTreeMap::new();
        for line in self.lines.by_ref() {
            let Ok(value) = serde_json::from_str::<Value>(&line?) else { continue };
            let maps = value.get("data").and_then(Value::as_object).into_iter().flatten();
            counts.extend(
                maps.filter_map(|(name, count)| Some((name.strip_prefix('@')?.to_owned(), count.as_u64()?))),
            );
        }
        drop(stopped);
        // Before its process is waited for, so that the id is its own as long as it is signalled.
        insist.join().map_err(|_| anyhow!("could not stop bpftrace"))?;
        self.child.wait()?;
        Ok(counts)
    }
}
