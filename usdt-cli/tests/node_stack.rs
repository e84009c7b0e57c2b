//! `usdt node stack` with real Nodes, which were started with no preparation: it says where they are, and they run on.

mod common;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use common::{stderr, stdout, usdt};
use rustix::process::Signal;
use serde_json::Value;
use testkit::machine::require_tracing;
use testkit::node;
use testkit::subject::Subject;

/// In an endless loop, which it leaves for nobody.
const SPINS: &str = "
const fs = require('node:fs');
function pick(min, max) {
  const shop = { name: 'baker', loaves: [1, 2] };
  for (let n = 1; min === max; n++) if (n % 20000000 === 0) fs.writeSync(1, `runs ${Date.now()}\\n`);
  return shop;
}
function listen(ports) {
  return pick(ports[0], ports[1]);
}
fs.writeSync(1, 'ready\\n');
listen([8080, 8080]);
";

/// Waits for a request that never comes.
const WAITS: &str = "
const server = require('node:net').createServer();
process.stdin.on('data', () => console.log('runs', Date.now()));
server.listen(0, '127.0.0.1', () => console.log('ready'));
";

/// Its worker is in an endless loop.
const WORKER: &str = "
const { Worker } = require('node:worker_threads');
const source = `
function grind(min, max) {
  while (min === max);
}
require('node:worker_threads').parentPort.postMessage('');
grind(7, 7);
`;
process.stdin.on('data', () => console.log('runs', Date.now()));
new Worker(source, { eval: true }).on('message', () => console.log('ready'));
";

/// Has a use of its own for the signal, and for others.
const HANDLES: &str = "
process.on('SIGTERM', () => {});
process.on('SIGUSR1', () => console.log('HANDLED'));
process.on('SIGHUP', () => {});
process.stdin.on('data', () => console.log('runs', Date.now()));
console.log('ready');
";

/// A Node opens its inspector on one port: only one of them is asked at a time.
static PORT: Mutex<()> = Mutex::new(());

/// The machine's own, and those that were fetched.
fn nodes() -> Result<Vec<PathBuf>> {
    let fetched = node::VERSIONS.iter().map(|name| node::program(name));
    std::iter::once(Ok(PathBuf::from("node"))).chain(fetched).collect()
}

/// Waits until it is free: other programs of this machine may have a Node asked, too.
fn the_port() -> Result<MutexGuard<'static, ()>> {
    let guard = PORT.lock().unwrap_or_else(PoisonError::into_inner);
    let end = Instant::now() + Duration::from_secs(30);
    while TcpListener::bind(("127.0.0.1", 9229)).is_err() {
        ensure!(Instant::now() < end, "somebody has the inspector's port");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(guard)
}

fn start(node: &Path, options: &[&str], source: &str) -> Result<Subject> {
    let mut subject = Subject::spawn(Command::new(node).args(options).args(["-e", source]))?;
    subject.wait_for("ready").with_context(|| format!("{} {options:?}", node.display()))?;
    Ok(subject)
}

fn stack(subject: &Subject, options: &[&str]) -> Result<Output> {
    let pid = subject.pid().to_string();
    let words = [&["node", "stack"], options, &[&pid]].concat();
    Ok(usdt(&words).output()?)
}

/// The threads that `--json` says.
fn threads(subject: &Subject, options: &[&str]) -> Result<Vec<Value>> {
    let output = stack(subject, &[options, &["--json"]].concat())?;
    ensure!(output.status.success(), "{}", stderr(&output));
    let mut said: Value = serde_json::from_str(&stdout(&output))?;
    ensure!(said["pid"] == subject.pid(), "{said}");
    said["threads"].as_array_mut().map(std::mem::take).context("threads")
}

fn functions(thread: &Value) -> Vec<&str> {
    let frames = thread["frames"].as_array().map(Vec::as_slice).unwrap_or_default();
    frames.iter().filter_map(|frame| frame["function"].as_str()).collect()
}

/// It is alive and does something from now on, and its inspector is closed.
fn runs_on(subject: &mut Subject) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    // One that spins doesn't read it; one that waits answers.
    subject.send("run")?;
    loop {
        // The first ones may be from before.
        let line = subject.wait_for("runs ")?;
        if line.trim_start_matches("runs ").parse::<u128>()? >= now {
            break;
        }
    }
    ensure!(!inspects(subject)?, "the inspector is open");
    Ok(())
}

/// Whether it listens where its inspector would.
fn inspects(subject: &Subject) -> Result<bool> {
    let pid = subject.pid();
    let output = Command::new("ss").args(["-ltnpH", "sport = :9229"]).output()?;
    Ok(stdout(&output).contains(&format!("pid={pid},")))
}

#[test]
fn one_that_spins() -> Result<()> {
    for node in nodes()? {
        let _port = the_port()?;
        let mut subject = start(&node, &[], SPINS)?;
        // Twice: the first time leaves nothing behind.
        for _ in 0..2 {
            let threads = threads(&subject, &["--locals"])?;
            assert_eq!(threads.len(), 1);
            let main = &threads[0];
            assert_eq!(main["state"], "running");
            let functions = functions(main);
            let at = functions.iter().position(|&name| name == "pick").context("pick")?;
            assert_eq!(functions[at + 1], "listen", "{functions:?}");
            let frame = &main["frames"][at];
            ensure!((4..=5).contains(&frame["line"].as_u64().unwrap_or(0)), "{frame}");
            let scopes = frame["scopes"].as_array().context("scopes")?;
            let variables = &scopes.iter().find(|it| it["kind"] == "local").context("local")?["variables"];
            assert_eq!((&variables["min"], &variables["max"]), (&"8080".into(), &"8080".into()));
            assert_eq!(variables["shop"], r#"{name: "baker", loaves: Array(2)}"#);
            runs_on(&mut subject)?;
        }
        let text = stdout(&stack(&subject, &[])?);
        ensure!(
            text.starts_with("main thread of ") && text.contains(", paused in JavaScript, resumed after "),
            "{text}"
        );
        ensure!(text.contains("\n  listen"), "{text}");
        runs_on(&mut subject)?;
    }
    Ok(())
}

#[test]
fn one_that_waits() -> Result<()> {
    for node in nodes()? {
        let _port = the_port()?;
        let mut subject = start(&node, &[], WAITS)?;
        let threads = threads(&subject, &["--locals"])?;
        assert_eq!(threads[0]["state"], "idle", "{threads:?}");
        let resources = threads[0]["resources"].as_array().context("resources")?;
        ensure!(resources.contains(&"TCPServerWrap".into()), "{resources:?}");
        // Its own server was not bothered.
        ensure!(!resources.contains(&"TCPSocketWrap".into()), "{resources:?}");
        runs_on(&mut subject)?;
    }
    Ok(())
}

#[test]
fn one_whose_worker_spins() -> Result<()> {
    for node in nodes()? {
        let _port = the_port()?;
        let mut subject = start(&node, &[], WORKER)?;
        let threads = threads(&subject, &["--locals"])?;
        assert_eq!(threads.len(), 2, "{threads:?}");
        assert_eq!(threads[0]["state"], "idle", "{threads:?}");
        assert_eq!(functions(&threads[1])[0], "grind", "{threads:?}");
        assert_eq!(threads[1]["frames"][0]["scopes"][0]["variables"]["min"], "7");
        runs_on(&mut subject)?;
        let main = self::threads(&subject, &["--main"])?;
        assert_eq!(main.len(), 1);
        runs_on(&mut subject)?;
    }
    Ok(())
}

#[test]
fn one_that_handles_the_signal_itself_is_left_alone() -> Result<()> {
    for node in nodes()? {
        let mut subject = start(&node, &[], HANDLES)?;
        let output = stack(&subject, &[])?;
        assert_eq!(output.status.code(), Some(1));
        let said = stderr(&output);
        ensure!(said.contains("handles SIGUSR1 itself") && said.contains("--force"), "{said}");
        runs_on(&mut subject)?;
        let (_, all) = subject.finish()?;
        ensure!(!all.contains("HANDLED"), "{all}");
    }
    Ok(())
}

#[test]
fn force_sends_the_signal_all_the_same() -> Result<()> {
    let _port = the_port()?;
    let mut subject = start(Path::new("node"), &[], HANDLES)?;
    let output = stack(&subject, &["--force", "--timeout", "500ms"])?;
    assert_eq!(output.status.code(), Some(1));
    ensure!(stderr(&output).contains("did not open its inspector after SIGUSR1"), "{output:?}");
    subject.wait_for("HANDLED")?;
    runs_on(&mut subject)
}

#[test]
fn one_without_an_inspector_is_not_killed() -> Result<()> {
    let mut tried = 0;
    for node in nodes()? {
        let options = ["--disable-sigusr1"];
        if !Command::new(&node).args(options).args(["-e", ""]).output()?.status.success() {
            continue;
        }
        tried += 1;
        let mut subject = start(&node, &options, WAITS)?;
        let output = stack(&subject, &[])?;
        assert_eq!(output.status.code(), Some(1));
        ensure!(stderr(&output).contains("has no handler for SIGUSR1, which would end it"), "{output:?}");
        runs_on(&mut subject)?;
    }
    ensure!(tried >= 2, "only {tried} of the Nodes know the option");
    Ok(())
}

#[test]
fn what_is_no_node_is_left_alone() -> Result<()> {
    let mut subject = Subject::spawn(Command::new("cat").arg("-"))?;
    let output = stack(&subject, &["--force"])?;
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    ensure!(said.contains("is no Node process: it runs /"), "{said}");
    subject.send("runs")?;
    subject.wait_for("runs")?;
    Ok(())
}

#[test]
fn nobody_is_there() -> Result<()> {
    let output = usdt(&["node", "stack", "4194304"]).output()?;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), "usdt: there is no process 4194304: No such process (os error 3)\n");
    Ok(())
}

#[test]
fn an_inspector_that_is_open_stays_open() -> Result<()> {
    for node in nodes()? {
        let mut subject = start(&node, &["--inspect=0"], SPINS)?;
        for _ in 0..2 {
            let threads = threads(&subject, &[])?;
            ensure!(functions(&threads[0]).contains(&"listen"), "{threads:?}");
            subject.wait_for("runs")?;
        }
        let listening = Command::new("ss").args(["-ltnpH"]).output()?;
        ensure!(stdout(&listening).contains(&format!("pid={},", subject.pid())), "it was closed");
    }
    Ok(())
}

#[test]
fn one_in_native_code_is_closed_later() -> Result<()> {
    let _port = the_port()?;
    let source = format!(
        "require('node:fs').writeSync(1, 'ready\\n'); require('node:child_process').execSync('sleep 4'); {WAITS}"
    );
    let mut subject = start(Path::new("node"), &[], &source)?;
    let output = stack(&subject, &["--timeout", "500ms"])?;
    assert_eq!(output.status.code(), Some(1));
    ensure!(stderr(&output).contains("--close"), "{output:?}");
    subject.wait_for("ready")?;
    ensure!(inspects(&subject)?, "it is open by now");
    let threads = threads(&subject, &["--close"])?;
    assert_eq!(threads[0]["state"], "idle", "{threads:?}");
    runs_on(&mut subject)
}

#[test]
fn after_an_interrupt_it_is_closed_all_the_same() -> Result<()> {
    let _port = the_port()?;
    let mut subject = start(Path::new("node"), &[], SPINS)?;
    for wait in [120, 200, 300] {
        let pid = subject.pid().to_string();
        let mut command = usdt(&["node", "stack", &pid]).stdout(Stdio::null()).spawn()?;
        std::thread::sleep(Duration::from_millis(wait));
        common::signal(&command, Signal::INT);
        command.wait()?;
        runs_on(&mut subject)?;
    }
    Ok(())
}

#[test]
fn a_port_that_is_taken_is_said() -> Result<()> {
    let taken = TcpListener::bind(("127.0.0.1", 0))?;
    let option = format!("--inspect-port={}", taken.local_addr()?.port());
    let mut subject = start(Path::new("node"), &[&option], WAITS)?;
    let output = stack(&subject, &[])?;
    assert_eq!(output.status.code(), Some(1));
    ensure!(stderr(&output).contains("is taken by another process"), "{output:?}");
    runs_on(&mut subject)
}

#[test]
fn one_in_another_network() -> Result<()> {
    // Who may trace may do this.
    if !require_tracing() {
        return Ok(());
    }
    let line = "ip link set lo up && exec node -e \"$0\"";
    let mut command = Command::new("unshare");
    command.args(["--net", "sh", "-c", line, SPINS]);
    let mut subject = Subject::spawn(&mut command)?;
    subject.wait_for("ready").context("`unshare` and `ip` make a network")?;
    let threads = threads(&subject, &[])?;
    ensure!(functions(&threads[0]).contains(&"listen"), "{threads:?}");
    subject.wait_for("runs")?;
    Ok(())
}
