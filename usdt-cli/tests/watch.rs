//! `usdt watch` against programs that know what they fired, and beside bpftrace.

mod common;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use common::{example, path, signal, stderr, stdout, usdt};
use rustix::process::Signal;
use serde_json::Value;
use testkit::bpftrace::{Bpftrace, observe};
use testkit::build::{gcc, own_copy};
use testkit::machine::require_tracing;
use testkit::subject::Subject;

/// Fires shop:sold(i, -i, name of the thing) for each i below its first argument (or for ever), with so many microseconds
/// between two as its second says; the last of every ten is preceded by shop:empty(). Says which process it is.
const SHOP: &str = r#"
#include <sys/sdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
    static const char *names[] = {"tea", "biscuits\x1b[2J", ""};
    unsigned long rounds = argc > 1 ? strtoul(argv[1], 0, 10) : -1ul;
    long pause = argc > 2 ? atol(argv[2]) : 0;
    printf("firing; process %d\n", getpid());
    fflush(stdout);
    for (unsigned long i = 0; i < rounds; i++) {
        if (i % 10 == 9) STAP_PROBE(shop, empty);
        int minus = -(int)i;
        STAP_PROBE3(shop, sold, i, minus, names[i % 3]);
        if (pause) usleep(pause);
    }
    // Text that is not on the stack is read a moment later, as long as the process is there.
    usleep(700000);
    return 3;
}
"#;

/// The program, for the test of this name alone: who watches a file sees all that run it.
fn shop(test: &str) -> Result<String> {
    Ok(path(&own_copy(&gcc(SHOP, &[])?, test)?).to_owned())
}

fn watch(arguments: &[&str]) -> Command {
    usdt(&[&["watch"], arguments].concat())
}

/// The objects on standard output: the firings, and the summary.
fn objects(output: &Output) -> Result<(Vec<Value>, Value)> {
    let text = stdout(output);
    let lines = text.lines().filter(|line| line.starts_with('{'));
    let mut objects: Vec<Value> = lines.map(serde_json::from_str).collect::<Result<_, _>>()?;
    let summary = objects.pop().with_context(|| format!("no summary in {output:?}"))?;
    ensure!(
        summary["type"] == "summary" && objects.iter().all(|object| object["type"] == "firing"),
        "{text}"
    );
    Ok((objects, summary))
}

/// Starts it; what it says on standard error is read up to the line that says it watches.
fn start_watching(command: &mut Command) -> Result<(Child, BufReader<std::process::ChildStderr>)> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut errors = BufReader::new(child.stderr.take().context("it is piped")?);
    let mut line = String::new();
    errors.read_line(&mut line)?;
    ensure!(line.starts_with("usdt: watching "), "{line:?}");
    Ok((child, errors))
}

#[test]
fn values_of_a_c_program_are_those_that_bpftrace_sees() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-values")?;
    let script = Bpftrace::new().usdt(
        Path::new(&shop),
        "shop:sold",
        r#"printf("%d %lu %d %s\n", pid, arg0, (int32)arg1, str(arg2))"#,
    );
    let (seen, output) =
        observe(&script, || watch(&[&shop, "sold", "--str", "arg2", "--json", "--", &shop, "60"]).output())?;
    let output = output?;
    assert_eq!(output.status.code(), Some(3), "{output:?}");

    let (firings, summary) = objects(&output)?;
    assert_eq!(firings.len(), 60);
    let shown: Vec<String> = firings
        .iter()
        .map(|it| {
            format!(
                "{} {} {} {}",
                it["pid"],
                it["args"]["arg0"],
                it["args"]["arg1"],
                it["args"]["arg2"].as_str().unwrap_or("?")
            )
        })
        .collect();
    seen.assert_lines(&shown);
    assert_eq!(summary["firings"], 60);
    assert_eq!(summary["counts"], serde_json::json!([{"provider": "shop", "probe": "sold", "firings": 60}]));
    assert_eq!(summary["lost"], serde_json::json!([]));
    for firing in &firings {
        let time: jiff::Timestamp = firing["time"].as_str().context("a time")?.parse()?;
        assert!(jiff::Timestamp::now().duration_since(time).as_secs() < 60, "{firing}");
        assert_eq!((&firing["provider"], &firing["probe"]), (&"shop".into(), &"sold".into()));
        assert_eq!(firing["tid"], firing["pid"]);
    }
    assert!(firings.is_sorted_by_key(|firing| firing["monotonic"].as_u64()));
    Ok(())
}

#[test]
fn lines_are_for_people_and_harmless() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-lines")?;
    let output = watch(&[&shop, "shop:*", "--str", "arg2", "--", &shop, "10"]).output()?;
    let text = stdout(&output);
    let pid = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("firing; process "))
        .context("the program's line")?;
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("shop:")).collect();
    assert_eq!(lines.len(), 11, "{text}");
    let behind_time = |line: &str| line.split_once(' ').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    // A text that lies in the program and not on its stack was read a moment later.
    let of = |values: &str| format!("program[{pid}] shop:{values}");
    assert_eq!(behind_time(lines[0]).trim_end_matches('~'), of(r#"sold arg0=0 arg1=0 arg2="tea""#));
    assert_eq!(
        behind_time(lines[1]).trim_end_matches('~'),
        of(r#"sold arg0=1 arg1=-1 arg2="biscuits\u{1b}[2J""#)
    );
    assert_eq!(behind_time(lines[9]), of("empty"));
    assert!(!text.contains('\x1b'), "{text:?}");

    let errors = stderr(&output);
    assert!(errors.starts_with("usdt: watching shop:empty, shop:sold\n11 firings in "), "{errors}");
    assert!(errors.ends_with("\n     10  shop:sold\n      1  shop:empty\n"), "{errors}");
    Ok(())
}

#[test]
fn the_kernel_counts_as_many_as_there_were() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-count")?;
    let output = watch(&[&shop, "shop:*", "--count", "--", &shop, "200000"]).output()?;
    let text = stdout(&output);
    let table: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(table, ["firings  probe", " 200000  shop:sold", "  20000  shop:empty"]);

    let output = watch(&[&shop, "shop:*", "--count", "--json", "--", &shop, "20"]).output()?;
    let (firings, summary) = objects(&output)?;
    assert_eq!((firings.len(), &summary["firings"]), (0, &22.into()));
    Ok(())
}

#[test]
fn what_is_lost_is_counted_and_said() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-lost")?;
    let arguments = [&shop, "sold", "--json", "-q", "--buffer", "4K", "--", &shop, "100000"];
    let output = watch(&arguments).output()?;
    assert_eq!(output.status.code(), Some(3));
    let (firings, summary) = objects(&output)?;
    let lost = summary["lost"][0]["firings"].as_u64().context("some are lost")?;
    assert_eq!(firings.len() as u64 + lost, 100_000);
    assert_eq!(summary["firings"], firings.len());
    let said = format!("{lost} firings lost: shop:sold {lost} (a larger --buffer loses fewer)\n");
    assert_eq!(stderr(&output), said);
    Ok(())
}

#[test]
fn firings_are_counted_by_value() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-by")?;
    let arguments =
        [&shop, "sold", "-c", "--by", "arg2", "--str", "arg2", "-w", "arg0 < 8", "--", &shop, "20"];
    let text = stdout(&watch(&arguments).output()?).replace('~', "");
    let table: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(
        table,
        [
            "firings  probe      arg2",
            r#"      3  shop:sold  "tea""#,
            r#"      3  shop:sold  "biscuits\u{1b}[2J""#,
            r#"      2  shop:sold  """#,
        ]
    );
    Ok(())
}

#[test]
fn conditions_choose_firings() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-where")?;
    let arguments = [
        &shop,
        "shop:*",
        "--str",
        "arg2",
        "-w",
        "arg0 >= 10 && arg1 != -12",
        "--where",
        "arg2 ~ '^t' || arg0 == 0x10",
        "--json",
        "--",
        &shop,
        "20",
    ];
    let (firings, summary) = objects(&watch(&arguments).output()?)?;
    let numbers: Vec<u64> = firings.iter().filter_map(|firing| firing["args"]["arg0"].as_u64()).collect();
    assert_eq!(numbers, [15, 16, 18]);
    assert_eq!((&summary["firings"], &summary["seen"]), (&3.into(), &22.into()));
    Ok(())
}

#[test]
fn mistakes_are_told_before_anything_runs() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-mistakes")?;
    for (arguments, code, message) in [
        (
            &["-w", "arg9 == 1"][..],
            1,
            "usdt: --where: there is no argument `arg9`; there are arg0, arg1, arg2, pid, tid, comm, probe, provider\n  arg9 == 1\n  ^^^^\n",
        ),
        (
            &["-w", "arg0 == 'tea'"],
            1,
            "usdt: --where: these can't be compared: a number and text\n  arg0 == 'tea'\n  ^^^^^^^^^^^^^\n",
        ),
        (&["-w", "arg0 = 1"], 2, "equality is written `==`\n  arg0 = 1\n       ^\n"),
        (&["--str", "name"], 1, "usdt: --str: there is no argument `name`; there are "),
        (&["-o", "/"], 1, "usdt: can't write /: Is a directory"),
    ] {
        let output = watch(&[&shop, "sold"]).args(arguments).args(["--", "echo", "it ran"]).output()?;
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
    let output = watch(&["./nowhere", "x"]).output()?;
    assert_eq!(
        (output.status.code(), &*stderr(&output)),
        (Some(1), "usdt: can't watch ./nowhere: No such file or directory (os error 2)\n")
    );
    Ok(())
}

#[test]
fn the_exit_code_is_that_of_the_program() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-exit")?;
    for (command, code) in [
        (&["sh", "-c", "exit 7"][..], 7),
        (&["true"], 0),
        (&["sh", "-c", "kill -KILL $$"], 137),
        (&["/nowhere/at-all"], 127),
        (&["/etc/passwd"], 126),
    ] {
        for how in [&[][..], &["--count"]] {
            let output = watch(&[&shop, "sold"]).args(how).arg("--").args(command).output()?;
            assert_eq!(output.status.code(), Some(code), "{output:?}");
        }
    }
    Ok(())
}

#[test]
fn it_ends_after_so_many() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-max")?;
    let subject = Subject::spawn(Command::new(&shop).args(["10000000", "200"]))?;
    let pid = subject.pid().to_string();
    for how in [&[][..], &["--count"], &["-w", "arg0 > 3"]] {
        let output = watch(&[&pid, "sold", "-n", "7", "--json"]).args(how).output()?;
        ensure!(output.status.success(), "{output:?}");
        assert_eq!(objects(&output)?.1["firings"], 7, "{output:?}");
    }
    Ok(())
}

#[test]
fn it_ends_after_some_time() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-for")?;
    let subject = Subject::spawn(Command::new(&shop).args(["10000000", "1000"]))?;
    let pid = subject.pid().to_string();
    for how in [&[][..], &["--count"]] {
        let began = Instant::now();
        let output = watch(&[&pid, "sold", "--for", "500ms", "--json"]).args(how).output()?;
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(500) && took < Duration::from_secs(10), "{took:?}");
        let (_, summary) = objects(&output)?;
        assert!(summary["firings"].as_u64().is_some_and(|firings| firings > 10), "{summary}");
        assert!(
            summary["seconds"].as_f64().is_some_and(|seconds| (0.5..5.0).contains(&seconds)),
            "{summary}"
        );
    }
    Ok(())
}

#[test]
fn it_ends_with_the_process() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-over")?;
    let subject = Subject::spawn(Command::new(&shop).args(["200", "5000"]))?;
    let output = watch(&[&subject.pid().to_string(), "sold", "-q"]).output()?;
    ensure!(output.status.success(), "{output:?}");
    assert!(stdout(&output).contains(" arg0=199 "), "{output:?}");
    assert_eq!(stderr(&output), "");
    Ok(())
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-pipe")?;
    // Whether something fires after the reader has gone, or nothing does.
    for pause in ["1000", "100000000"] {
        let subject = Subject::spawn(Command::new(&shop).args(["10000000", pause]))?;
        let (mut child, errors) = start_watching(&mut watch(&[&subject.pid().to_string(), "sold"]))?;
        let mut out = BufReader::new(child.stdout.take().context("it is piped")?);
        if pause == "1000" {
            out.read_line(&mut String::new())?;
        }
        drop(out);
        assert_eq!(child.wait()?.code(), Some(0));
        assert_eq!(std::io::read_to_string(errors)?, "");
    }
    Ok(())
}

#[test]
fn ctrl_c_ends_it_in_order() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-interrupt")?;
    for how in [&[][..], &["--count"]] {
        let (child, errors) = start_watching(watch(&[&shop, "sold"]).args(how))?;
        signal(&child, Signal::INT);
        let output = child.wait_with_output()?;
        assert_eq!(output.status.code(), Some(0));
        let expected = if how.is_empty() { "nothing fired in " } else { "" };
        assert!(std::io::read_to_string(errors)?.starts_with(expected));
    }
    Ok(())
}

#[test]
fn sigterm_is_passed_on_and_ctrl_c_is_the_programs_affair() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-signals")?;
    // From a terminal, Ctrl-C would reach the program as well, and it may go on.
    let commands = [
        (Signal::TERM, "trap 'exit 5' TERM; echo ready; while :; do sleep 0.02; done"),
        (Signal::INT, "echo ready; sleep 0.5; exit 5"),
    ];
    for (sent, command) in commands {
        let (mut child, _errors) = start_watching(&mut watch(&[&shop, "sold", "--", "sh", "-c", command]))?;
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().context("it is piped")?).read_line(&mut line)?;
        assert_eq!(line, "ready\n");
        signal(&child, sent);
        assert_eq!(child.wait()?.code(), Some(5), "{sent:?}");
    }
    Ok(())
}

#[test]
fn a_file_keeps_the_two_outputs_apart() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-output")?;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("firings");
    let output = watch(&[&shop, "sold", "--json", "-o"]).arg(&path).args(["--", &shop, "5"]).output()?;
    assert_eq!(stdout(&output).lines().count(), 1, "{output:?}");
    let written = std::fs::read_to_string(&path)?;
    assert_eq!(written.lines().count(), 6, "{written}");
    assert!(written.ends_with("\"lost\":[]}\n"), "{written}");
    Ok(())
}

#[test]
fn a_rust_program_says_what_its_arguments_are() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = example("quickstart", "watch-rust");
    let subject = Subject::spawn(&mut Command::new(&program))?;
    let pid = subject.pid();
    let output = watch(&[&pid.to_string(), "orders:*", "-n", "6", "-w", "path ~ '^/ord' || status == 200"])
        .output()?;
    ensure!(output.status.success(), "{output:?}");
    let text = stdout(&output);
    let lines: Vec<&str> =
        text.lines().filter_map(|line| line.split_once("] orders:").map(|(_, rest)| rest)).collect();
    assert_eq!(lines.len(), 6, "{text}");
    for line in lines {
        let id = line.split_once("id=").and_then(|(_, rest)| rest.split(' ').next()).context("an id")?;
        let expected =
            [format!("request_start id={id} path=\"/orders\""), format!("request_done id={id} status=200")];
        assert!(expected.iter().any(|expected| expected == line), "{line}");
    }
    Ok(())
}

#[test]
fn probes_that_are_defined_at_run_time() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = example("runtime", "watch-defined");
    let mut subject = Subject::spawn(Command::new(&program).arg("100"))?;
    subject.line()?;
    let pid = subject.pid().to_string();
    let output = watch(&[&pid, "orders:request-*", "-n", "6", "--json"]).output()?;
    let (firings, _) = objects(&output)?;
    assert_eq!(firings.len(), 6, "{output:?}");
    for firing in firings {
        let args = &firing["args"];
        match firing["probe"].as_str() {
            Some("request__start") => assert_eq!(args["path"], "/orders"),
            Some("request__done") => assert_eq!(args["status"], 200),
            other => panic!("{other:?}"),
        }
        assert!(args["id"].is_u64());
    }
    Ok(())
}

#[test]
fn a_process_that_comes_later_is_waited_for() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let shop = shop("watch-later")?;
    let named = Path::new(&shop).with_file_name("watch-later-shop");
    std::fs::copy(&shop, &named)?;
    let mut command = watch(&["watch-later-shop", "sold", "-n", "3"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut errors = BufReader::new(child.stderr.take().context("it is piped")?);
    let mut line = String::new();
    errors.read_line(&mut line)?;
    assert_eq!(line, "usdt: there is no process named watch-later-shop yet; waiting for one\n");
    let subject = Subject::spawn(Command::new(&named).args(["1000000", "1000"]))?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{output:?}");
    assert_eq!(stdout(&output).matches(&format!("watch-later-sho[{}] shop:sold", subject.pid())).count(), 3);
    Ok(())
}
