//! The command with a program that is nobody's here: Debian's python3, which has probes of its own. bpftrace watches the same run.

mod common;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use common::usdt;
use serde_json::Value;
use testkit::bpftrace::{Bpftrace, observe};
use testkit::machine::require_tracing;
use testkit::readelf;

const PYTHON: &str = "/usr/bin/python3";

/// Collects garbage, says something to whoever audits, and stays for a moment: its texts are read while it is there.
const PROGRAM: &str = "
import gc, sys, time
gc.disable()
for i in range(300):
    gc.collect(i % 3)
sys.audit('shop.sold')
time.sleep(0.7)
";

#[test]
fn it_lists_what_readelf_reads() -> Result<()> {
    let output = usdt(&["list", "--json", PYTHON]).output()?;
    ensure!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout)?;
    let mut listed = String::new();
    for line in text.lines() {
        let probe: Value = serde_json::from_str(line)?;
        for site in probe["sites"].as_array().context("sites")? {
            writeln!(listed, "{}:{} {}", probe["provider"], probe["probe"], site["operands"])?;
        }
    }
    let mut notes = readelf::notes(Path::new(PYTHON))?;
    ensure!(notes.len() >= 8, "python3 has {} probes", notes.len());
    notes.sort_by(|a, b| (&a.provider, &a.name, a.location).cmp(&(&b.provider, &b.name, b.location)));
    let mut read = String::new();
    for note in notes {
        writeln!(read, "{:?}:{:?} {:?}", note.provider, note.name, note.arguments)?;
    }
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&listed), sorted(&read));
    Ok(())
}

#[test]
fn it_sees_the_numbers_that_bpftrace_sees() -> Result<()> {
    let script = Bpftrace::new()
        .usdt(Path::new(PYTHON), "python:gc__start", r#"printf("%d gc__start %d\n", pid, (int32)arg0)"#)
        .usdt(Path::new(PYTHON), "python:gc__done", r#"printf("%d gc__done %ld\n", pid, arg0)"#);
    let seen = sees_the_same(&script, &["python:gc-*"])?;
    // Python collects a last time at its end.
    ensure!(!require_tracing() || seen.len() >= 600, "{seen:?}");
    Ok(())
}

#[test]
fn it_sees_the_texts_that_bpftrace_sees() -> Result<()> {
    let script =
        Bpftrace::new().usdt(Path::new(PYTHON), "python:audit", r#"printf("%d audit %s\n", pid, str(arg0))"#);
    let seen = sees_the_same(&script, &["python:audit", "--str", "arg0"])?;
    ensure!(!require_tracing() || seen.iter().any(|line| line.ends_with(" audit shop.sold")), "{seen:?}");
    Ok(())
}

/// Runs the program once under both, and gives what both saw: process, probe and first argument.
fn sees_the_same(script: &Bpftrace, words: &[&str]) -> Result<Vec<String>> {
    if !require_tracing() {
        return Ok(Vec::new());
    }
    let words = [&["watch", "--json", PYTHON], words, &["--", PYTHON, "-c", PROGRAM]].concat();
    let (output, watched) = observe(script, || usdt(&words).output())?;
    let watched = watched?;
    ensure!(watched.status.success(), "{watched:?}");
    let text = String::from_utf8(watched.stdout)?;
    let mut objects: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let summary = objects.pop().context("a summary")?;
    assert_eq!(summary["lost"], Value::Array(Vec::new()));
    let shown = |firing: &Value| {
        let (probe, arg) = (firing["probe"].as_str().unwrap_or_default(), &firing["args"]["arg0"]);
        format!("{} {probe} {}", firing["pid"], arg.as_str().map_or_else(|| arg.to_string(), str::to_owned))
    };
    // Others on this machine may run Python meanwhile.
    let own = format!("{} ", objects.last().context("firings")?["pid"]);
    let of_own = |lines: Vec<String>| {
        let mut lines: Vec<String> = lines.into_iter().filter(|line| line.starts_with(&own)).collect();
        // What Python says at its very end is gone before it can be read.
        if let Some(last) = lines.iter().position(|line| line.ends_with(" audit shop.sold")) {
            lines.truncate(last + 1);
        }
        lines.sort();
        lines
    };
    let seen = of_own(objects.iter().map(shown).collect());
    assert_eq!(seen, of_own(output.lines));
    Ok(seen)
}

#[test]
fn it_times_what_python_collects() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let words = ["latency", "--json", PYTHON, "gc-start", "gc-done", "--", PYTHON, "-c", PROGRAM];
    let output = usdt(&words).output()?;
    ensure!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout)?;
    let summary: Value = serde_json::from_str(text.lines().last().context("a summary")?)?;
    let pairs = summary["pairs"].as_u64().with_context(|| format!("{summary}"))?;
    ensure!(pairs >= 300, "{summary}");
    Ok(())
}

#[test]
fn it_finds_nothing_wrong_with_it() -> Result<()> {
    let output = usdt(&["doctor", PYTHON]).output()?;
    ensure!(output.status.success(), "{output:?}");
    Ok(())
}

#[test]
fn its_script_runs() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let output = usdt(&["script", "bpftrace", PYTHON, "gc-done"]).output()?;
    ensure!(output.status.success(), "{output:?}");
    let script = tempfile::NamedTempFile::new()?;
    std::fs::write(script.path(), output.stdout)?;
    let mut bpftrace = Command::new("bpftrace");
    let program = format!("{PYTHON} -c 'import gc,time;gc.collect();time.sleep(1)'");
    let output = bpftrace.arg(script.path()).args(["-c", &program]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(text.contains("python:gc__done"), "{output:?}");
    Ok(())
}
