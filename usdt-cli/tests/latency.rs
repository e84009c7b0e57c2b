//! `usdt latency` against programs that know how long they took.

mod common;

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use common::service::{http, service};
use common::{path, signal, stderr, stdout, usdt};
use rustix::process::Signal;
use serde_json::Value;
use testkit::bpftrace::{Bpftrace, observe};
use testkit::machine::require_tracing;
use testkit::subject::Subject;

/// Does what its arguments say: `b7` fires work:begin(7, 7 % 3), `e7` fires work:end(7), `s2000` sleeps so many
/// microseconds, `w` waits until somebody watches both. Prints the key and the nanoseconds of each pair, measured within it.
const WORK: &str = r#"
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#define SEMAPHORE(name) unsigned short volatile name __attribute__((section(".probes")))
SEMAPHORE(work_begin_semaphore);
SEMAPHORE(work_end_semaphore);
static long began[100000];
static long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}
int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        long n = atol(argv[i] + 1), end;
        switch (argv[i][0]) {
        case 'b': STAP_PROBE2(work, begin, n, n % 3); began[n] = now(); break;
        case 'e': end = now(); STAP_PROBE1(work, end, n); printf("%ld %ld\n", n, end - began[n]); break;
        case 's': usleep(n); break;
        case 'w': puts("ready"); fflush(stdout);
                  while (!work_begin_semaphore || !work_end_semaphore) usleep(1000);
        }
    }
    return 0;
}
"#;

/// The program, for the test of this name alone.
fn work(test: &str) -> Result<PathBuf> {
    testkit::build::own_copy(&testkit::build::gcc(WORK, &[])?, test)
}

/// 90 pairs: of each three one takes 1 ms, one 3 and one 9.
fn ninety() -> Vec<String> {
    let pair = |i: usize| [format!("b{i}"), format!("s{}", [1_000, 3_000, 9_000][i % 3]), format!("e{i}")];
    (0..90).flat_map(pair).collect()
}

fn latency(arguments: &[&str]) -> Command {
    usdt(&[&["latency"], arguments].concat())
}

/// The objects of one type on standard output.
fn objects(output: &Output, ty: &str) -> Vec<Value> {
    let text = stdout(output);
    let all = text.lines().filter_map(|line| serde_json::from_str(line).ok());
    all.filter(|object: &Value| object["type"] == ty).collect()
}

fn summary(output: &Output) -> Result<Value> {
    objects(output, "summary").pop().with_context(|| format!("no summary in {output:?}"))
}

fn text(output: &Output) -> String {
    stdout(output) + &stderr(output)
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn times_are_those_that_the_program_measured() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = work("latency-times")?;
    let target = path(&program);
    let arguments =
        [target, "begin", "end", "--key", "arg0", "--by", "arg1", "--budget", "6ms", "--json", "--"];
    let output = latency(&arguments).arg(target).args(ninety()).output()?;
    ensure!(output.status.success(), "{output:?}");

    let summary = summary(&output)?;
    assert_eq!(number(&summary["pairs"]), 90, "{summary}");
    assert_eq!(number(&summary["unfinished"]), 0);
    assert_eq!(summary["lost"], serde_json::json!({}));
    let rows = summary["rows"].as_array().context("rows")?;
    // Sorted by the total: the slow ones first.
    let rows: Vec<_> = rows.iter().map(|row| (row["value"].as_str(), number(&row["pairs"]))).collect();
    assert_eq!(rows, [(Some("2"), 30), (Some("1"), 30), (Some("0"), 30)]);

    let own = measured_by_itself(&output);
    assert_eq!(own.len(), 90);
    let pairs = objects(&output, "pair");
    assert_eq!(pairs.len(), 90);
    let mut more = Vec::new();
    for pair in &pairs {
        let (key, nanos) = (number(&pair["start"]["args"]["arg0"]), number(&pair["nanoseconds"]));
        assert_eq!(number(&pair["done"]["args"]["arg0"]), key);
        assert_eq!(pair["late_by"].is_u64(), nanos > 6_000_000);
        assert!(nanos >= own[&key], "{key} took {}, and was told to have taken {nanos}", own[&key]);
        more.push(nanos - own[&key]);
    }
    let late = pairs.iter().filter(|pair| pair["late_by"].is_u64()).count();
    assert_eq!(number(&summary["late"]), late as u64);
    // What is more is the trap itself; a few are interrupted between the probe and the program's own clock.
    more.sort_unstable();
    assert!(more[45] < 100_000, "half of them are off by more than {} ns", more[45]);
    Ok(())
}

/// What the program printed: nanoseconds by key.
fn measured_by_itself(output: &Output) -> HashMap<u64, u64> {
    let text = stdout(output);
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.filter_map(|(key, nanos)| Some((key.parse().ok()?, nanos.parse().ok()?))).collect()
}

#[test]
fn pairs_of_a_thread_nest_and_what_is_not_done_is_told() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = work("latency-nested")?;
    let target = path(&program);
    let script = ["e1", "b1", "b2", "b3", "s2000", "e3", "e2"];
    let output = latency(&[target, "begin", "end", "--json", "--", target]).args(script).output()?;
    let told = summary(&output)?;
    assert_eq!(
        [number(&told["pairs"]), number(&told["unfinished"]), number(&told["without_start"])],
        [2, 1, 1]
    );
    assert_eq!(told["oldest"][0]["start"]["args"]["arg0"], 1);
    assert_eq!(told["oldest"][0]["process_ended"], true);
    let pairs = objects(&output, "pair");
    let keys: Vec<_> = pairs.iter().map(|pair| number(&pair["start"]["args"]["arg0"])).collect();
    assert_eq!(keys, [3, 2]);

    // The same by key: the 2 starts again, and 1 is never done.
    let script = ["b1", "b2", "b2", "e2"];
    let output = latency(&[target, "begin", "end", "--key", "arg0", "--", target]).args(script).output()?;
    let text = text(&output);
    for part in
        ["1 pair in ", "1 started and not done:", "arg0=1 arg1=1  its process has ended", "1 started again"]
    {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    Ok(())
}

#[test]
fn conditions_are_about_both_probes() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = work("latency-where")?;
    let target = path(&program);
    let script = ["b1", "b2", "b3", "b4", "e2", "e1", "e4", "e3"];
    let run = |condition: &str| {
        latency(&[target, "begin", "end", "--key", "arg0", "--json", "--where", condition, "--", target])
            .args(script)
            .output()
    };
    for (condition, pairs) in [("arg1 == 1", 2), ("arg0 > 1 && arg1 == 1", 1), ("arg0 > 100", 0)] {
        let told = summary(&run(condition)?)?;
        assert_eq!(number(&told["pairs"]), pairs, "{condition}: {told}");
        assert_eq!(number(&told["without_start"]), 0, "{condition}: {told}");
    }
    let output = run("nothing == 1")?;
    assert!(
        !output.status.success() && text(&output).contains("there is no argument `nothing`"),
        "{output:?}"
    );
    let output = latency(&[target, "begin", "end", "--key", "nothing", "--", "false"]).output()?;
    assert!(
        text(&output).contains("--key nothing: begin has no such argument; there are arg0, arg1"),
        "{output:?}"
    );
    Ok(())
}

#[test]
fn late_ones_can_fail_a_test_run() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = work("latency-fail")?;
    let target = path(&program);
    let run = |script: &[&str], command: &str| -> Result<(Option<i32>, String)> {
        let budget = ["--key", "arg0", "--budget", "500ms", "--fail-late", "--", command];
        let output = latency(&[target, "begin", "end"]).args(budget).args(script).output()?;
        Ok((output.status.code(), text(&output)))
    };
    assert_eq!(run(&["b1", "e1"], target)?.0, Some(0));
    let (code, late) = run(&["b1", "b2", "s600000", "e1"], target)?;
    assert_eq!(code, Some(1), "{late}");
    for part in ["ms late  ", "1 of 1 pair (100%) took longer than 500ms, and 1 not done in time"] {
        assert!(late.contains(part), "{part:?} is not in {late}");
    }
    assert!(late.ends_with("usdt: 1 late, 1 not done in time\n"), "{late}");
    let (code, none) = run(&[], target)?;
    assert_eq!(code, Some(1), "{none}");
    assert!(none.contains("there was no pair"), "{none}");
    // A program that fails has the first word.
    assert_eq!(run(&["-c", "exit 7"], "sh")?.0, Some(7));
    Ok(())
}

#[test]
fn a_process_is_measured_until_ctrl_c_or_enough_pairs() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = work("latency-process")?;
    let directory = tempfile::tempdir()?;
    let picture = directory.path().join("picture.svg");
    let pair = |i: usize| [format!("b{}", i % 50), "s1000".to_owned(), format!("e{}", i % 50)];
    let script: Vec<String> = ["w".to_owned()].into_iter().chain((0..20_000).flat_map(pair)).collect();
    let mut subject = Subject::spawn(Command::new(&program).args(&script))?;
    subject.wait_for("ready")?;
    let pid = subject.pid().to_string();

    let output = latency(&[&pid, "begin", "end", "--key", "arg0", "-n", "25", "--json"]).output()?;
    assert_eq!((objects(&output, "pair").len(), number(&summary(&output)?["pairs"])), (25, 25));

    // Attached in the middle, with a picture.
    let mut command = latency(&[&pid, "begin", "end", "--key", "arg0", "--json", "--svg"]);
    let child = command.arg(&picture).stdout(Stdio::piped()).spawn()?;
    let output = interrupted(child, Duration::from_secs(2))?;
    ensure!(output.status.success(), "{output:?}");
    let pairs = number(&summary(&output)?["pairs"]);
    assert!(pairs > 100, "{pairs}");
    assert_eq!(std::fs::metadata(&picture)?.permissions().mode() & 0o777, 0o600);
    let svg = std::fs::read_to_string(&picture)?;
    let document = roxmltree::Document::parse(&svg)?;
    let title = document.descendants().find(|node| node.has_tag_name("title")).context("a title")?;
    assert_eq!(title.text(), Some("work:begin → work:end"));
    assert_eq!(std::fs::read_dir(directory.path())?.count(), 1);

    let began = Instant::now();
    let output = latency(&[&pid, "begin", "end", "--key", "arg0", "--for", "500ms"]).output()?;
    assert!(text(&output).contains(" pairs in 0."), "{output:?}");
    assert!(began.elapsed() < Duration::from_secs(10));
    Ok(())
}

/// What a command says if it gets a Ctrl-C after a while.
fn interrupted(child: Child, after: Duration) -> Result<Output> {
    std::thread::sleep(after);
    signal(&child, Signal::INT);
    Ok(child.wait_with_output()?)
}

#[test]
fn one_process_may_end_what_another_began() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = work("latency-across")?;
    let target = path(&program);
    let script = format!("{target} b1 b2; {target} s2000 e1 e2");
    for (across, pairs) in [(&["--across"][..], 2), (&[], 0)] {
        let mut command = latency(&[target, "begin", "end", "--key", "arg0", "--json"]);
        let output = command.args(across).args(["--", "sh", "-c", &script]).output()?;
        let told = summary(&output)?;
        assert_eq!(number(&told["pairs"]), pairs, "{told}");
        assert_eq!(number(&told["unfinished"]), 2 - pairs, "{told}");
    }
    Ok(())
}

/// Both watch the same run; each has its own clock readings, microseconds apart.
#[test]
fn bpftrace_sees_the_same_distribution() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = work("latency-bpftrace")?;
    let target = path(&program);
    let script = Bpftrace::new().usdt(&program, "work:begin", "@start[arg0] = nsecs;").usdt(
        &program,
        "work:end",
        "@times = hist(nsecs - @start[arg0]); @pairs = count(); delete(@start[arg0]);",
    );
    let (seen, output) = observe(&script, || {
        latency(&[target, "begin", "end", "--key", "arg0", "--json", "--", target]).args(ninety()).output()
    })?;
    let output = output?;
    seen.assert_count("@pairs", 90);
    let pairs = objects(&output, "pair");
    assert_eq!(pairs.len(), 90);
    let mut ours: HashMap<u64, i64> = HashMap::new();
    for pair in &pairs {
        *ours.entry(1 << number(&pair["nanoseconds"]).ilog2()).or_default() += 1;
    }
    let theirs = seen.maps["@times"].as_array().context("a histogram")?;
    let mut off: i64 = 0;
    for row in theirs {
        let (from, count) = (number(&row["min"]), row["count"].as_i64().context("a count")?);
        off += (count - ours.remove(&from).unwrap_or(0)).abs();
    }
    off += ours.values().sum::<i64>();
    // A pair near to a power of two may be on either side of it: that counts twice.
    assert!(off <= 8, "{off} of 90 are elsewhere: {theirs:?}");
    Ok(())
}

#[test]
fn routes_of_a_service() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let data = tempfile::tempdir()?;
    let mut command = Command::new(service()?);
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(data.path().join("log"));
    let mut subject = Subject::spawn(&mut command)?;
    let line = subject.wait_for("listening on http://")?;
    let address = line.rsplit('/').next().context("an address")?.to_owned();

    let pid = subject.pid().to_string();
    let mut command = latency(&[&pid, "kv:request_start", "kv:request_{done,abandoned}", "--key", "id"]);
    command.args([
        "--by",
        "route",
        "--sort",
        "count",
        "--json",
        "--where",
        "method != \"DELETE\"",
        "-n",
        "41",
    ]);
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    // Requests come until it has seen enough.
    let mut requests = 0;
    while child.try_wait()?.is_none() {
        let all =
            [("PUT", "/kv/a", "1"), ("GET", "/kv/a", ""), ("DELETE", "/kv/b", ""), ("GET", "/keys", "")];
        let (method, path, body) = all[requests % all.len()];
        http(&address, method, path, body)?;
        requests += 1;
        ensure!(requests < 50_000, "it never saw enough");
    }
    let output = child.wait_with_output()?;
    let told = summary(&output)?;
    let rows = told["rows"].as_array().context("rows")?;
    let routes: Vec<_> = rows.iter().map(|row| row["value"].as_str().unwrap_or_default()).collect();
    assert_eq!(routes, ["/kv/{key}", "/keys"], "{told}");
    assert_eq!(rows.iter().map(|row| number(&row["pairs"])).sum::<u64>(), 41);
    for pair in objects(&output, "pair") {
        assert_ne!(pair["start"]["args"]["method"], "DELETE");
        // What the service measured itself, nearly between the two probes.
        let (own, nanos) = (number(&pair["done"]["args"]["latency"]), number(&pair["nanoseconds"]));
        assert!(own.abs_diff(nanos) < 5_000_000, "{own} and {nanos}: {pair}");
    }
    Ok(())
}

#[test]
fn a_file_has_all_that_standard_output_would() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = work("latency-output")?;
    let target = path(&program);
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("pairs");
    let name = path(&file);
    let arguments = [target, "begin", "end", "--json", "--output", name, "--", target, "b1", "e1"];
    let output = latency(&arguments).output()?;
    ensure!(output.status.success(), "{output:?}");
    let types = |text: &[u8]| -> Vec<Value> {
        let objects = String::from_utf8_lossy(text).into_owned();
        let objects = objects.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        objects.filter_map(|object| object.get("type").cloned()).collect()
    };
    assert_eq!(types(&std::fs::read(&file)?), ["pair", "summary"]);
    // The program's own line alone.
    assert!(types(&output.stdout).is_empty() && output.stdout.starts_with(b"1 "), "{output:?}");
    Ok(())
}

#[test]
fn a_picture_goes_nowhere_else() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let link = directory.path().join("link.svg");
    std::os::unix::fs::symlink("/etc/hostname", &link)?;
    for path in [link.as_path(), Path::new("/dev/null"), Path::new("/no/where.svg")] {
        let output = latency(&["/bin/true", "a", "b", "--svg"]).arg(path).output()?;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let directory = path.parent().context("a directory")?;
        assert!(text(&output).contains(&directory.display().to_string()), "{output:?}");
    }
    Ok(())
}
