//! The recorder in servers that are killed under load, and in some that live: `usdt core` says what they fired last, which they have
//! written down themselves.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use npm_tests::Application;
use serde_json::{Value, json};
use testkit::subject::Subject;
use testkit::{core, expect, node, usdt};

/// How many bytes of a text are kept.
const TEXT: usize = 100;

/// What `shop` has, of which the server writes down each firing.
const SHOPS: [&str; 2] = ["shop:*", "old_shop:*"];

const SIGABRT: i32 = 6;

/// A server under load.
struct Server {
    process: Subject,
    application: Application,
    port: u16,
}

/// What is left of one.
struct Remains {
    core: PathBuf,
    fired: Vec<Value>,
    /// Where the core is.
    _application: Application,
}

impl Server {
    fn start(node: &Path) -> Result<Server> {
        let application = Application::new("recorded.js", include_str!("../fixtures/recorded.js"))?;
        let mut process = Subject::spawn(&mut recording(&application, node)?)?;
        let port = process.line()?.parse()?;
        core::allow(process.pid())?;
        for _ in 0..8 {
            // They end with the server.
            std::thread::spawn(move || (0..).try_for_each(|n| ask(port, &format!("/br%C3%B8d/{n}"))));
        }
        wait_for_lines(&application.path().join("fired"), 1000)?;
        Ok(Server { process, application, port })
    }

    fn fired(&self) -> Result<Vec<Value>> {
        fired(self.application.path())
    }

    /// Lets it die, and gives what is left.
    fn die(self, strike: impl FnOnce() -> Result<()>) -> Result<Remains> {
        let Server { process, application, .. } = self;
        let core = core::of_dying(process, application.path(), strike)?;
        Ok(Remains { core, fired: fired(application.path())?, _application: application })
    }
}

/// Node with the recorder and its own probes, about to run the application.
fn recording(application: &Application, node: &Path) -> Result<Command> {
    let mut command = application.command_with(node)?;
    command.env("NODE_OPTIONS", "--require usdt-probes/recorder --require usdt-probes/node");
    command.env("USDT_PROBES_RECORDER_FIRINGS", "1024").env("USDT_PROBES_RECORDER_TEXT", TEXT.to_string());
    Ok(command)
}

/// Sends a request and waits for the answer.
fn ask(port: u16, path: &str) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.ends_with("bread\n"), "{answer}");
    Ok(())
}

/// The lines that are complete: one may be being written just now.
fn lines(file: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    Ok(whole.lines().map(str::to_owned).collect())
}

fn wait_for_lines(file: &Path, count: usize) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(60);
    while lines(file)?.len() < count {
        ensure!(Instant::now() < end, "fewer than {count} lines in {}", file.display());
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// What the server has written down.
fn fired(directory: &Path) -> Result<Vec<Value>> {
    lines(&directory.join("fired"))?.iter().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The number that the server has given to a firing, from 1 on.
fn number(firing: &Value) -> Result<usize> {
    let args = &firing["args"];
    let id = args["id"].as_u64().or_else(|| args["arg0"].as_u64());
    Ok(usize::try_from(id.with_context(|| firing.to_string())?)?)
}

/// Compares each firing with the one of its number that was written down; gives the numbers.
fn same(recorded: &[Value], fired: &[Value]) -> Result<Vec<usize>> {
    let numbers: Vec<usize> = recorded.iter().map(number).collect::<Result<_>>()?;
    for (&number, recorded) in numbers.iter().zip(recorded) {
        let fired = fired.get(number - 1).with_context(|| format!("{recorded} is not written down"))?;
        ensure!(fired["probe"] == recorded["probe"], "{recorded} {fired}");
        let args = fired["args"].as_object().context("arguments")?;
        ensure!(recorded["args"].as_object().is_some_and(|it| it.len() == args.len()), "{recorded} {fired}");
        for (name, value) in args {
            let mut value = value.clone();
            if let Some(text) = value.as_str().filter(|text| text.len() > TEXT) {
                ensure!(recorded["cut"] == json!([name]), "{recorded}");
                // Not within a character.
                let end = (0..=TEXT).rev().find(|&at| text.is_char_boundary(at));
                value = text[..end.unwrap_or(0)].into();
            }
            ensure!(recorded["args"][name] == value, "{name}: {recorded} {fired}");
        }
    }
    Ok(numbers)
}

/// Before each request that was served Node told of that request itself.
fn nodes_own_come_first(recorded: &[Value]) -> Result<()> {
    let mut told = None;
    let mut compared = 0;
    for firing in recorded {
        match (firing["probe"].as_str(), told) {
            (Some("http__server__request"), _) => told = Some(&firing["args"]["url"]),
            (Some("served"), Some(url)) => {
                ensure!(firing["args"]["url"] == *url, "{firing} after {url}");
                compared += 1;
            }
            _ => {}
        }
    }
    ensure!(compared > 50, "only {compared} were told of before");
    Ok(())
}

/// The core of a server has all that it fired last, in order, up to the firing before the end or the one that was to come.
fn check(remains: &Remains, may_be_missing: usize) -> Result<()> {
    let core = remains.core.to_str().context("a path of text")?;
    let (recorded, summary) = usdt::recorded(core, &SHOPS)?;
    let numbers = same(&recorded, &remains.fired)?;
    let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
    ensure!(numbers.len() > 100 && numbers.iter().copied().eq(first..=last), "{numbers:?}");
    if summary["signal"] == SIGABRT {
        ensure!(remains.fired.len() - last <= may_be_missing, "{last} of {}: {summary}", remains.fired.len());
    } else {
        ensure!(!core::kernel_writes_them()?, "{summary}");
    }
    let (all, summary) = usdt::recorded(core, &[])?;
    ensure!(summary["dropped"] == 0 && summary["kept"].as_u64() >= Some(1023), "{summary}");
    nodes_own_come_first(&all)
}

#[test]
fn a_server_that_aborts() -> Result<()> {
    let server = Server::start(Path::new("node"))?;
    let port = server.port;
    let remains = server.die(|| {
        ensure!(ask(port, "/abort").is_err(), "it has answered");
        Ok(())
    })?;
    check(&remains, 0)?;
    let last = remains.fired.last().context("a firing")?;
    ensure!(last["args"]["url"] == "/abort", "{last}");
    Ok(())
}

#[test]
fn a_server_that_is_killed() -> Result<()> {
    let fetched = node::VERSIONS.iter().map(|name| node::program(name));
    for node in std::iter::once(Ok(PathBuf::from("node"))).chain(fetched) {
        let node = node?;
        let server = Server::start(&node)?;
        let pid = server.process.pid();
        let remains = server.die(|| core::abort(pid))?;
        // It may have been about to fire.
        check(&remains, 1).with_context(|| node.display().to_string())?;
    }
    Ok(())
}

#[test]
fn a_server_that_lives() -> Result<()> {
    let server = Server::start(Path::new("node"))?;
    let pid = server.process.pid();
    let before = server.fired()?.len();
    let made = core::of_living(pid, server.application.path())?;
    let meanwhile = server.fired()?.len();
    let (living, _) = usdt::recorded(&pid.to_string(), &SHOPS)?;
    wait_for_lines(&server.application.path().join("fired"), meanwhile + 500)?;
    let fired = server.fired()?;

    let (stopped, _) = usdt::recorded(made.to_str().context("a path of text")?, &SHOPS)?;
    let numbers = same(&stopped, &fired)?;
    ensure!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]) && numbers.len() > 100, "{numbers:?}");
    ensure!(numbers.last().is_some_and(|last| (before - 1..=meanwhile + 1).contains(last)), "{before}");

    // It fires while it is read: what is overwritten meanwhile is left out, and nothing else.
    let numbers = same(&living, &fired)?;
    ensure!(numbers.is_sorted_by(|a, b| a < b) && numbers.len() > 50, "{numbers:?}");
    ensure!(numbers.last().is_some_and(|&last| last >= meanwhile - 1), "{meanwhile} {numbers:?}");
    Ok(())
}

#[test]
fn threads_that_fire_at_once() -> Result<()> {
    let files = Application::new("threads.js", include_str!("../fixtures/recorded-threads.js"))?;
    let mut process = Subject::spawn(&mut recording(&files, Path::new("node"))?)?;
    process.wait_for("fires")?;
    core::allow(process.pid())?;
    let file = |thread| files.path().join(format!("fired-{thread}"));
    for thread in 0..3 {
        wait_for_lines(&file(thread), 1000)?;
    }
    let pid = process.pid();
    let core = core::of_dying(process, files.path(), || core::abort(pid))?;
    let (recorded, summary) = usdt::recorded(core.to_str().context("a path of text")?, &["threads:tick"])?;
    ensure!(recorded.len() > 500, "{} {summary}", recorded.len());
    let mut missing = 0;
    for thread in 0..3 {
        let of_thread = recorded.iter().filter(|firing| firing["args"]["thread"] == thread);
        let numbers: Vec<u64> = of_thread.filter_map(|firing| firing["args"]["n"].as_u64()).collect();
        let written = lines(&file(thread))?.len() as u64;
        ensure!(numbers.is_sorted_by(|a, b| a < b), "thread {thread}: {numbers:?}");
        let last = numbers.last().with_context(|| format!("nothing of thread {thread}"))?;
        missing += last - numbers[0] + 1 - numbers.len() as u64;
        ensure!(written - last <= 1 || summary["signal"] != SIGABRT, "thread {thread}: {last} of {written}");
    }
    // Where another thread was still writing, a whole ring behind.
    ensure!(missing <= summary["dropped"].as_u64().context("a number")?, "{missing} are missing: {summary}");
    Ok(())
}

#[test]
fn values_of_every_kind() -> Result<()> {
    let files = Application::new("values.js", include_str!("../fixtures/recorded-values.js"))?;
    let mut process = Subject::spawn(&mut recording(&files, Path::new("node"))?)?;
    process.wait_for("fired")?;
    let pid = process.pid().to_string();
    let (recorded, _) = usdt::recorded(&pid, &["values:*", "old_values:*"])?;
    let expected = [
        json!({"a": 255, "b": -128, "c": 65535, "d": -7, "e": u64::MAX, "f": i64::MIN, "g": true}),
        json!({"a": 255, "b": 127, "c": 0, "d": 0, "e": 0, "f": 0, "g": false}),
        json!({"a": 0.5, "b": std::f64::consts::PI}),
        json!({"a": "", "b": "bröt €😀", "c": "one", "d": "\u{fffd}x"}),
        json!({"a": "x".repeat(TEXT), "b": "7", "c": "null", "d": "undefined"}),
        json!({"a": "0102ff", "b": "74657874", "c": {"a": [1, "é"], "b": null}, "d": "undefined"}),
        json!({"arg0": -5, "arg1": "text", "arg2": {"a": 1}, "arg3": 1_u64 << 53}),
        json!({"arg0": 0, "arg1": "undefined", "arg2": "undefined", "arg3": 0}),
    ];
    let args: Vec<&Value> = recorded.iter().map(|firing| &firing["args"]).collect();
    ensure!(args.len() == 9, "{args:#?}");
    for (expected, seen) in expected.iter().zip(&args) {
        expect::equal("values", expected, *seen);
    }
    ensure!(args[8]["n"] == 7, "{}", args[8]);
    let stack = args[8]["stack"].as_str().context("a stack")?;
    ensure!(stack.starts_with("caller (") && stack.contains("values.js:19:12)\n"), "{stack}");
    Ok(())
}
