//! The recorder of a program beside tracers, in children, and while it is read.

mod common;

use std::path::Path;

use common::recorded::{self, Kind, Recorded, assert_ids, recorded};
use common::tracing;
use serde_json::Value;
use testkit::bpftrace::{Bpftrace, Session, observe};
use testkit::expect;
use testkit::readelf;
use testkit::subject::semaphore_value;
use testkit::usdt::{self, Watching};

/// What the recorder adds to a semaphore.
const RECORDED: u16 = 0x4000;

fn count(program: &Recorded) -> Bpftrace {
    Bpftrace::new().usdt(&program.file, "recorded:pair", "@ = count();")
}

fn semaphore(program: &Recorded) -> u16 {
    let notes = readelf::notes(&program.file).expect("notes");
    semaphore_value(program.pid(), &program.file, notes[0].semaphore).expect("the semaphore")
}

/// Who is told, as `usdt list` says.
fn told(listed: &Value) -> Value {
    serde_json::json!([listed["watchers"], listed["recorded"]])
}

fn listed(program: &Recorded) -> Value {
    let mut probes = usdt::list(&program.pid().to_string()).expect("its probes");
    probes.retain(|probe| probe["file"].as_str().map(Path::new) == Some(&program.file));
    expect::equal("the probes of the file", &1, &probes.len());
    probes.remove(0)
}

/// Whether a recorder and a tracer are there is what everybody says.
fn assert_told(program: &mut Recorded, step: &str, is_recorded: bool, tracers: u16) {
    expect::equal(step, &(tracers + if is_recorded { RECORDED } else { 0 }), &semaphore(program));
    let listed = listed(program);
    expect::equal(step, &serde_json::json!([tracers, is_recorded]), &told(&listed));
    let is_enabled = is_recorded || tracers > 0;
    expect::equal(step, &*is_enabled.to_string(), &*program.ask("enabled"));
}

#[test]
fn tracer_and_recorder_both_see_every_firing() {
    let Some(_alone) = tracing() else { return };
    for kind in Kind::ALL {
        let mut program = Recorded::start(kind);
        program.ask("start 4096");
        let counted = observe(&count(&program), || program.ask("fire 3000"));
        let (output, answer) = counted.expect("bpftrace attaches");
        expect::equal("the program", "done", &*answer);
        output.assert_count("@", 3000);
        let (firings, summary) = recorded(program.pid());
        assert_ids(&firings, 0..3000);
        assert_eq!((&summary["firings"], &summary["dropped"]), (&3000.into(), &0.into()), "{summary}");
    }
}

#[test]
fn usdt_watches_what_is_recorded() {
    let Some(_alone) = tracing() else { return };
    let mut program = Recorded::start(Kind::Static);
    program.ask("start 4096");
    let watching = Watching::start(&[&program.pid().to_string(), "recorded:pair"]).expect("it attaches");
    expect::equal("usdt list", &serde_json::json!([1, true]), &told(&listed(&program)));
    program.ask("fire 1000");
    let (seen, _) = watching.finish().expect("it detaches");
    assert_ids(&seen, 0..1000);
    assert_ids(&recorded(program.pid()).0, 0..1000);
    expect::equal("usdt list", &serde_json::json!([0, true]), &told(&listed(&program)));
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
        for kind in Kind::ALL {
            come_and_go(kind, steps);
        }
    }
}

/// After each step ten firings: whoever is there by then has them all.
fn come_and_go(kind: Kind, steps: [Step; 4]) {
    let mut program = Recorded::start(kind);
    let (mut tracer, mut is_recorded): (Option<Session>, bool) = (None, false);
    let (mut counted, mut kept) = (0, 0);
    assert_told(&mut program, "before", false, 0);
    for (number, step) in steps.into_iter().enumerate() {
        match step {
            Step::Start => {
                program.ask("start 4096");
                is_recorded = true;
            }
            Step::Stop => {
                program.ask("stop");
                is_recorded = false;
            }
            Step::Attach => tracer = Some(count(&program).start().expect("bpftrace attaches")),
            Step::Detach => {
                let output = tracer.take().expect("it is attached").finish().expect("bpftrace ends");
                output.assert_count("@", counted);
            }
        }
        assert_told(&mut program, &format!("step {number}"), is_recorded, tracer.is_some().into());
        program.ask("fire 10");
        counted += if tracer.is_some() { 10 } else { 0 };
        kept += if is_recorded { 10 } else { 0 };
    }
    // What was recorded stays when the recorder has been stopped.
    let (_, summary) = recorded(program.pid());
    assert_eq!((&summary["kept"], &summary["dropped"]), (&kept.into(), &0.into()), "{summary}");
}

/// The kernel counts tracers in the same word, and not in one step: no count of its own may be lost, whatever the recorder does then.
#[test]
fn a_recorder_that_comes_and_goes_loses_no_tracer() {
    let Some(_alone) = tracing() else { return };
    let mut program = Recorded::start(Kind::Static);
    program.send("toggle 3000");
    for _ in 0..4 {
        let session = count(&program).start().expect("bpftrace attaches");
        expect::equal("the tracers", &1, &(semaphore(&program) & !RECORDED));
        session.finish().expect("bpftrace ends");
        expect::equal("the tracers", &0, &(semaphore(&program) & !RECORDED));
    }
    let times: u64 = program.answer().parse().expect("a number");
    assert!(times > 100, "{times}");
    // What the recorder may lose is its own mark, until it is started and stopped once more.
    program.ask("start 1");
    program.ask("stop");
    assert_told(&mut program, "at last", false, 0);
}

#[test]
fn a_child_goes_on_in_a_copy_of_its_own() {
    for kind in Kind::ALL {
        let mut program = Recorded::start(kind);
        let child = recorded::children_have_a_copy(&mut program);
        let directory = tempfile::tempdir().expect("a directory");
        let core = testkit::core::of_living(child, directory.path()).expect("gdb's gcore");
        let (firings, summary) = recorded(core.display());
        assert_ids(&firings, (0..100).chain(0..50).chain(0..50));
        assert_eq!((&summary["pid"], &firings[199]["pid"]), (&child.into(), &child.into()), "{summary}");
    }
}

#[test]
fn what_many_threads_fire_is_never_torn() {
    for kind in Kind::ALL {
        recorded::nothing_is_torn(&mut Recorded::start(kind));
    }
}

#[test]
fn a_firing_that_finds_no_place_is_counted() {
    for kind in Kind::ALL {
        recorded::what_is_dropped_is_counted(&mut Recorded::start(kind));
    }
}
