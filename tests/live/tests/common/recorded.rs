//! A program that records its own firings, on this machine or for aarch64 under an emulator, and what is true of it on both.

#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use testkit::build;
use testkit::expect;
use testkit::subject::Subject;
use testkit::usdt;

/// What cargo builds.
pub const PROGRAM: [&str; 6] = ["--package", "live-tests", "--features", "recorder", "--bin", "recorded"];

/// Which probe the program fires.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// One that was written into it.
    Static,
    /// One that it defines while it runs.
    Defined,
}

impl Kind {
    pub const ALL: [Kind; 2] = [Kind::Static, Kind::Defined];
}

/// The program, and the file that its probe is in, which no other process has: a tracer that attaches by path sees this one alone.
pub struct Recorded {
    subject: Subject,
    pub file: PathBuf,
    _directory: TempDir,
}

impl Recorded {
    pub fn start(kind: Kind) -> Self {
        let target = build::build_dir().join("recorder");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(build::workspace()).args(["build", "--quiet"]).args(PROGRAM);
        let built = cargo.arg("--target-dir").arg(&target).status().expect("cargo starts");
        assert!(built.success());
        Self::start_as(kind, &target.join("debug/recorded"), |program| Command::new(program))
    }

    /// With the command that runs it.
    pub fn start_as(kind: Kind, program: &Path, command: impl FnOnce(&Path) -> Command) -> Self {
        // Where an emulator sees it too.
        let directory = tempfile::tempdir_in(directory_of_builds()).expect("a directory");
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(directory.path(), private).expect("permissions");
        let own = directory.path().join("recorded");
        build::copy(program, &own).expect("a copy");
        let mut command = command(&own);
        command.arg(format!("{kind:?}").to_lowercase()).env("USDT_PROBES_DIR", directory.path());
        let mut subject = Subject::spawn(&mut command).expect("it starts");
        let file = PathBuf::from(subject.line().expect("it says where its provider is"));
        assert!(file.starts_with(directory.path()), "{}", file.display());
        Self { subject, file, _directory: directory }
    }

    pub fn pid(&self) -> u32 {
        self.subject.pid()
    }

    pub fn ask(&mut self, command: &str) -> String {
        super::ask(&mut self.subject, command)
    }

    /// Has it do something that takes its time.
    pub fn send(&mut self, command: &str) {
        self.subject.send(command).expect("it reads");
    }

    /// What it says then.
    pub fn answer(&mut self) -> String {
        self.subject.line().expect("it answers")
    }

    /// Has it do the last thing that it does.
    pub fn end(mut self, command: &str) {
        self.send(command);
        self.subject.finish().expect("it ends");
    }
}

fn directory_of_builds() -> PathBuf {
    let directory = build::build_dir();
    std::fs::create_dir_all(&directory).expect("the directory of what is built");
    directory
}

/// The firings that the recorder of a core, or of the process with an id, has, and the summary.
pub fn recorded(source: impl ToString) -> (Vec<Value>, Value) {
    let mut command = Command::new(usdt::program().expect("usdt is built"));
    let output =
        command.args(["core", "--json", "--all", &source.to_string()]).output().expect("usdt starts");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut objects: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let summary = objects.pop().expect("a summary");
    (objects, summary)
}

fn id(firing: &Value) -> u64 {
    firing["args"]["id"].as_u64().expect("an id")
}

/// The arguments follow from the id.
fn assert_whole(firing: &Value) {
    let id = id(firing);
    assert_eq!(firing["args"]["product"].as_u64(), Some(id.wrapping_mul(0x9E37_79B9)), "{firing}");
    assert_eq!(firing["args"]["text"], format!("{id:016x}").repeat(3), "{firing}");
}

pub fn assert_ids(firings: &[Value], ids: impl Iterator<Item = u64>) {
    firings.iter().for_each(assert_whole);
    assert_eq!(firings.iter().map(id).collect::<Vec<_>>(), ids.collect::<Vec<_>>());
}

/// A child that was forked goes on recording, in a copy of the memory. Gives its id.
pub fn children_have_a_copy(program: &mut Recorded) -> u32 {
    program.ask("start 4096");
    program.ask("fire 100");
    let answer = program.ask("fork 50");
    let ids: Vec<u32> = answer.split(' ').map(|word| word.parse().expect("an id")).collect();
    let [child, first, second] = ids[..] else { panic!("{answer}") };
    program.ask("fire 7");
    let parent = program.pid();
    assert_eq!((child, child != parent, first != second), (first, true, true), "{answer}");

    let (firings, _) = recorded(parent);
    assert_ids(&firings, 0..107);
    let threads = |firings: &[Value], key: &str| -> BTreeSet<u64> {
        firings.iter().filter_map(|firing| firing[key].as_u64()).collect()
    };
    assert_eq!(threads(&firings, "tid"), BTreeSet::from([parent.into()]));
    assert_eq!(threads(&firings, "pid"), BTreeSet::from([parent.into()]));

    let (firings, summary) = recorded(child);
    assert_ids(&firings, (0..100).chain(0..50).chain(0..50));
    assert_eq!(summary["firings"], 200, "{summary}");
    assert_eq!(threads(&firings, "pid"), BTreeSet::from([child.into()]), "{}", firings[0]);
    for (range, tid) in [(0..100, parent), (100..150, first), (150..200, second)] {
        assert_eq!(threads(&firings[range], "tid"), BTreeSet::from([tid.into()]));
    }
    child
}

/// What is read while threads fire as fast as they can.
pub fn nothing_is_torn(program: &mut Recorded) {
    program.ask("start 4096");
    program.ask("spin 4");
    let pid = program.pid();
    let (mut seen, mut threads) = (0, BTreeSet::new());
    for _ in 0..30 {
        let (firings, summary) = recorded(pid);
        firings.iter().for_each(assert_whole);
        // A thread's own ids rise; the order is that of the numbers, so they do so here.
        for thread in 0..4 {
            let of_thread: Vec<u64> = firings.iter().map(id).filter(|id| id >> 32 == thread).collect();
            assert!(of_thread.is_sorted_by(|a, b| a < b), "{of_thread:?}");
        }
        threads.extend(firings.iter().map(|firing| (id(firing) >> 32, firing["tid"].as_u64())));
        assert!(firings.len() <= 4096 && summary["kept"] == firings.len(), "{summary}");
        seen += firings.len();
    }
    assert!(seen > 0, "no firing was whole");
    // Each thread has one id.
    expect::equal("the threads", &4, &threads.len());
}

/// In a ring of one slot threads get into each other's way: what finds it taken is counted, and nothing else is lost.
pub fn what_is_dropped_is_counted(program: &mut Recorded) {
    program.ask("start 1");
    let (mut fired, mut dropped) = (0, 0);
    for _ in 0..100 {
        program.ask("threads 8 20000");
        fired += 8 * 20_000;
        let (firings, summary) = recorded(program.pid());
        assert_eq!(summary["firings"], fired, "{summary}");
        firings.iter().for_each(assert_whole);
        assert_eq!(firings.len(), 1);
        dropped = summary["dropped"].as_u64().expect("a number");
        if dropped > 0 {
            break;
        }
    }
    assert!(0 < dropped && dropped < fired, "{dropped} of {fired}");
}
