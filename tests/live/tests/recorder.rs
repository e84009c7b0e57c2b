//! The recorder of a program: beside tracers, in children, and while it is read.

mod common;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use common::{ask, tracing};
use serde_json::Value;
use tempfile::TempDir;
use testkit::bpftrace::{Bpftrace, Session, observe};
use testkit::expect;
use testkit::readelf;
use testkit::subject::{Subject, semaphore_value};
use testkit::usdt;

/// What the recorder adds to a semaphore.
const RECORDED: u16 = 0x4000;
const PROBE: &str = "recorded:pair";

/// The program, and the file of its provider, which is its own: a tracer that attaches by path sees no other program.
struct Recorded {
    subject: Subject,
    image: PathBuf,
    _directory: TempDir,
}

impl Recorded {
    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(directory.path(), private).expect("permissions");
        let mut command = Command::new(env!("CARGO_BIN_EXE_recorded"));
        let mut subject =
            Subject::spawn(command.env("USDT_PROBES_DIR", directory.path())).expect("it starts");
        let image = PathBuf::from(subject.line().expect("it says where its provider is"));
        assert!(image.starts_with(directory.path()), "{}", image.display());
        Self { subject, image, _directory: directory }
    }

    fn ask(&mut self, command: &str) -> String {
        ask(&mut self.subject, command)
    }

    fn count(&self) -> Bpftrace {
        Bpftrace::new().usdt(&self.image, PROBE, "@ = count();")
    }

    fn semaphore(&self) -> u16 {
        let notes = readelf::notes(&self.image).expect("notes");
        semaphore_value(self.subject.pid(), &self.image, notes[0].semaphore).expect("the semaphore")
    }

    fn listed(&self) -> Value {
        let mut probes = usdt::list(&self.subject.pid().to_string()).expect("its probes");
        probes.retain(|probe| probe["provider"] == "recorded");
        expect::equal("the probes of the provider", &1, &probes.len());
        probes.remove(0)
    }

    /// Whether the recorder and a tracer are there is what everybody says.
    fn assert_told(&mut self, step: &str, recorded: bool, tracers: u16) {
        expect::equal(step, &(tracers + if recorded { RECORDED } else { 0 }), &self.semaphore());
        expect::equal(step, &Value::from(tracers), &self.listed()["watchers"]);
        let enabled = (recorded || tracers > 0).to_string();
        expect::equal(step, &*enabled, &*self.ask("enabled"));
    }
}

/// The firings that the recorder of a process has, and the summary.
fn recorded(pid: u32) -> (Vec<Value>, Value) {
    let mut command = Command::new(usdt::program().expect("usdt is built"));
    let output = command.args(["core", "--json", "--all", &pid.to_string()]).output().expect("usdt starts");
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

fn assert_ids(firings: &[Value], ids: impl Iterator<Item = u64>) {
    firings.iter().for_each(assert_whole);
    assert_eq!(firings.iter().map(id).collect::<Vec<_>>(), ids.collect::<Vec<_>>());
}

#[test]
fn tracer_and_recorder_both_see_every_firing() {
    let Some(_alone) = tracing() else { return };
    let mut program = Recorded::start();
    program.ask("start 4096");
    let (output, answer) = observe(&program.count(), || program.ask("fire 3000")).expect("bpftrace attaches");
    expect::equal("the program", "done", &*answer);
    output.assert_count("@", 3000);
    let (firings, summary) = recorded(program.subject.pid());
    assert_ids(&firings, 0..3000);
    assert_eq!((&summary["firings"], &summary["dropped"]), (&3000.into(), &0.into()), "{summary}");
}

/// What becomes of a program's probe, in an order.
#[derive(Clone, Copy)]
enum Step {
    Start,
    Attach,
    Stop,
    Detach,
}

#[test]
fn in_whatever_order_they_come_and_go_each_is_counted() {
    use Step::{Attach, Detach, Start, Stop};
    let Some(_alone) = tracing() else { return };
    for steps in [
        [Start, Attach, Detach, Stop],
        [Start, Attach, Stop, Detach],
        [Attach, Start, Stop, Detach],
        [Attach, Start, Detach, Stop],
    ] {
        come_and_go(steps);
    }
}

/// After each step ten firings: whoever is there by then has them all.
fn come_and_go(steps: [Step; 4]) {
    let mut program = Recorded::start();
    let (mut tracer, mut is_recorded): (Option<Session>, bool) = (None, false);
    let (mut counted, mut kept) = (0, 0);
    program.assert_told("before", false, 0);
    for (number, step) in steps.into_iter().enumerate() {
        match step {
            Step::Start => drop(program.ask("start 4096")),
            Step::Stop => drop(program.ask("stop")),
            Step::Attach => tracer = Some(program.count().start().expect("bpftrace attaches")),
            Step::Detach => {
                let output = tracer.take().expect("it is attached").finish().expect("bpftrace ends");
                output.assert_count("@", counted);
            }
        }
        match step {
            Step::Start => is_recorded = true,
            Step::Stop => is_recorded = false,
            Step::Attach | Step::Detach => {}
        }
        program.assert_told(&format!("step {number}"), is_recorded, tracer.is_some().into());
        program.ask("fire 10");
        counted += if tracer.is_some() { 10 } else { 0 };
        kept += if is_recorded { 10 } else { 0 };
    }
    // What was recorded stays when the recorder has been stopped.
    let (_, summary) = recorded(program.subject.pid());
    assert_eq!((&summary["kept"], &summary["dropped"]), (&kept.into(), &0.into()), "{summary}");
}

#[test]
fn a_child_goes_on_in_a_copy_of_its_own() {
    let mut program = Recorded::start();
    program.ask("start 4096");
    program.ask("fire 100");
    let answer = program.ask("fork 50");
    let ids: Vec<u32> = answer.split(' ').map(|word| word.parse().expect("an id")).collect();
    let [child, first, second] = ids[..] else { panic!("{answer}") };
    program.ask("fire 7");
    let parent = program.subject.pid();
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
}

#[test]
fn what_many_threads_fire_is_never_torn() {
    let mut program = Recorded::start();
    program.ask("start 4096");
    program.ask("spin 4");
    let pid = program.subject.pid();
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
#[test]
fn a_firing_that_finds_no_place_is_counted() {
    let mut program = Recorded::start();
    program.ask("start 1");
    let (mut fired, mut dropped) = (0, 0);
    for _ in 0..100 {
        program.ask("threads 8 20000");
        fired += 8 * 20_000;
        let (firings, summary) = recorded(program.subject.pid());
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
