//! `usdt list` as people run it, against what other readers say of the same files and processes.
#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use common::{example, path, start, stderr, stdout, usdt};
use serde_json::Value;
use testkit::build::{copy, gcc, own_copy};
use testkit::toolbox::Toolbox;
use testkit::tools::Tools;
use testkit::{expect, machine, readelf, tplist};

/// A probe of two sites and one with a semaphore, in a program that waits.
const PROGRAM: &str = r#"
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
#include <stdio.h>
__extension__ unsigned short kiosk_open_semaphore __attribute__((used, section(".probes")));
__extension__ unsigned short kiosk_sold_semaphore __attribute__((used, section(".probes")));
int main(int argc, char **argv)
{
    STAP_PROBE2(kiosk, sold, argc, argv[0]);
    STAP_PROBE1(kiosk, open, (short)argc);
    puts("up");
    fflush(stdout);
    argc = getchar();
    STAP_PROBE2(kiosk, sold, (long)argc, argv[0]);
    return 0;
}
"#;

fn list(arguments: &[&str]) -> Output {
    usdt(&[&["list"], arguments].concat()).output().expect("usdt runs")
}

/// What it writes, when all is well.
#[track_caller]
fn lines(arguments: &[&str]) -> Vec<String> {
    let output = list(arguments);
    assert!(output.status.success(), "{output:?}");
    stdout(&output).lines().map(str::to_owned).collect()
}

#[track_caller]
fn objects(arguments: &[&str]) -> Vec<Value> {
    let lines = lines(&[&["--json"], arguments].concat());
    lines.iter().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

/// What it says on standard error when something is missing.
#[track_caller]
fn complaint(arguments: &[&str]) -> String {
    let output = list(arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    stderr(&output)
}

/// A copy of the program for one test, so that nobody else runs or watches it.
fn kiosk(test: &str) -> std::path::PathBuf {
    let built = gcc(PROGRAM, &[]).expect("gcc builds the program");
    own_copy(&built, test).expect("a copy")
}

#[test]
fn people_see_a_line_for_each_probe() {
    let program = kiosk("people");
    let title = path(&program).to_owned();
    expect::equal(
        "usdt",
        &vec![
            title,
            "  kiosk:sold(arg0: i64, arg1: u64)  2 sites".to_owned(),
            "  kiosk:open(arg0: i16)".to_owned(),
        ],
        &lines(&[path(&program)]),
    );
    assert_eq!(lines(&[path(&program), "-p", "op*"]).len(), 2);
    assert_eq!(lines(&[path(&program), "-p", "op*", "-p", "kiosk:s*"]).len(), 3);
    // Each site has a line too.
    assert_eq!(lines(&[path(&program), "--long"]).len(), 6);
}

/// `provider:probe address semaphore operands`, sorted.
fn json_rows(objects: &[Value]) -> Vec<String> {
    let of_object = |object: &Value| {
        let sites = object["sites"].as_array().expect("sites").clone();
        let name = format!("{}:{}", object["provider"].as_str().unwrap(), object["probe"].as_str().unwrap());
        sites.into_iter().map(move |site| {
            let semaphore = site["semaphore"].as_u64().unwrap_or(0);
            let operands = site["operands"].as_str().expect("text");
            format!("{name} {:#x} {semaphore:#x} {operands}", site["address"].as_u64().expect("a number"))
        })
    };
    let mut rows: Vec<String> = objects.iter().flat_map(of_object).collect();
    rows.sort();
    rows
}

#[test]
fn readelf_reads_the_same_sites() {
    let candidates = [
        "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
        "/usr/lib/x86_64-linux-gnu/libc.so.6",
        "/usr/bin/python3",
    ];
    let system = candidates.map(Path::new).into_iter().map(Path::to_owned);
    for file in system.chain([kiosk("readelf")]).filter(|file| file.exists()) {
        let expected = readelf::rows(&file).expect("readelf reads it");
        if expected.is_empty() {
            assert!(complaint(&[path(&file)]).ends_with("has no probe\n"));
        } else {
            expect::equal("usdt", &expected, &json_rows(&objects(&[path(&file)])));
        }
    }
}

#[test]
fn bpftrace_and_tplist_list_the_same_probes() {
    if !machine::require_tracing() {
        return;
    }
    let program = kiosk("listed");
    let wildcard = format!("usdt:{}:*", path(&program));
    let output = Command::new("bpftrace").args(["-l", &wildcard]).output().expect("bpftrace runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let bpftrace = text.lines().filter_map(|line| Some(line.split_once("program:")?.1.to_owned()));
    let directory = program.parent().expect("a directory");
    let tools = Tools::of(&Toolbox::find().expect("the toolbox"), &[directory]);
    let tplist = tplist::list(&tools, &program).expect("tplist lists");
    let name = |it: &Value| format!("{}:{}", it["provider"].as_str().unwrap(), it["probe"].as_str().unwrap());
    let listed: BTreeSet<String> = objects(&[path(&program)]).iter().map(name).collect();
    expect::equal("bpftrace", &listed, &bpftrace.collect::<BTreeSet<String>>());
    expect::equal("tplist", &listed, &tplist.into_iter().collect::<BTreeSet<String>>());
}

#[test]
fn a_process_is_found_by_id_and_name_and_says_who_watches() {
    if !machine::require_tracing() {
        return;
    }
    let program = kiosk("watched").with_file_name("kiosk-of-list");
    copy(&kiosk("watched"), &program).expect("a copy with a name of its own");
    let subject = start(&program, "up");
    let pid = subject.pid().to_string();
    let watchers = |target: &str| objects(&[target, "-p", "kiosk:open"])[0]["watchers"].clone();
    assert_eq!(watchers(&pid), 0);
    let script = testkit::bpftrace::Bpftrace::new().usdt(&program, "kiosk:open", "printf(\"x\\n\")");
    let session = script.start().expect("bpftrace attaches");
    // Below its name, and as one of all.
    assert!(watchers("kiosk-of-list").as_u64() > Some(0));
    let title = format!("{}  {pid} kiosk-of-list", path(&program));
    let lines = lines(&["-p", "kiosk:open"]);
    let at = lines.iter().position(|line| *line == title).unwrap_or_else(|| panic!("{title} in {lines:#?}"));
    assert!(lines[at + 1].starts_with("  kiosk:open(arg0: i16)  watched"), "{lines:#?}");
    session.finish().expect("bpftrace ends");
    assert_eq!(watchers(&pid), 0);
    let object = &objects(&[&pid, "-p", "kiosk:open"])[0];
    assert_eq!(
        (object["process"].as_str(), object["program"].as_str()),
        (Some("kiosk-of-list"), program.to_str())
    );
}

#[test]
fn probes_of_rust_programs_say_what_their_authors_wrote() {
    let program = example("quickstart", "list");
    let lines = lines(&[path(&program)]);
    assert!(
        lines.iter().any(|line| line.starts_with("  orders:request_start(id: u64, path: str)")
            && line.ends_with("  A request was accepted.")),
        "{lines:#?}"
    );
    expect::equal(
        "usdt",
        &readelf::rows(&program).expect("readelf reads it"),
        &json_rows(&objects(&[path(&program)])),
    );
}

#[test]
fn providers_that_are_defined_at_run_time_are_found_in_the_process() {
    let subject = start(&example("runtime", "list"), "bpftrace");
    let pid = subject.pid().to_string();
    let objects = objects(&[&pid, "-p", "orders:*"]);
    let said: Vec<Value> = objects
        .iter()
        .map(|it| {
            serde_json::json!([it["probe"], it["args"][0]["name"], it["args"][1]["type"], it["watchers"]])
        })
        .collect();
    expect::equal(
        "usdt",
        &serde_json::json!([["request__start", "id", "str", 0], ["request__done", "id", "u16", 0]]),
        &Value::Array(said),
    );
    let image = objects[0]["file"].as_str().expect("a path").to_owned();
    expect::equal("usdt", &readelf::rows(Path::new(&image)).expect("readelf reads it"), &json_rows(&objects));
}

#[test]
fn what_is_missing_is_one_line() {
    assert_eq!(
        complaint(&["no-such-program-of-list"]),
        "usdt: no process and no program in $PATH is called no-such-program-of-list\n"
    );
    assert_eq!(
        complaint(&["/nowhere/at-all"]),
        "usdt: /nowhere/at-all: No such file or directory (os error 2)\n"
    );
    assert_eq!(complaint(&["/etc/passwd"]), "usdt: /etc/passwd: not an ELF file\n");
    assert_eq!(complaint(&["4294967295"]), "usdt: there is no process 4294967295\n");
    let program = kiosk("missing");
    assert_eq!(
        complaint(&[path(&program), "-p", "x", "-p", "y:"]),
        format!("usdt: {} has no probe that is called x or y:\n", path(&program))
    );
    // What is there is shown all the same.
    let output = list(&[path(&program), "/nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output).lines().count(), 3);
}
