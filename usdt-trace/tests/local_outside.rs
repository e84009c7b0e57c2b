//! A tracer in the process and one that watches through the kernel, at the same sites. Root, or CAP_SYS_ADMIN.

#![cfg(all(feature = "attach", feature = "local", target_os = "linux", target_arch = "x86_64"))]

mod strangers;

use std::time::Duration;

use usdt_trace::attach::{Options, Scope, Session};
use usdt_trace::find::{Finder, Loaded};
use usdt_trace::local::{AttachError, Tracer};

#[usdt_probes::provider]
mod both {
    pub fn inside_first(id: u64);
    pub fn outside_first(id: u64, text: &str);
}

fn loaded(name: &str) -> Loaded {
    let process = Finder::new().process(std::process::id()).unwrap();
    let mut probes = process.probes.into_iter();
    probes.find(|loaded| loaded.probe.full_name() == name).unwrap()
}

/// A session as another program would have it.
fn outside(name: &str) -> Session {
    let mut session = Session::new(Options::default()).expect("root, or CAP_SYS_ADMIN");
    session.attach(&loaded(name).probe, Scope::Process(std::process::id())).unwrap();
    session
}

fn ids(events: &[usdt_trace::Event]) -> Vec<String> {
    events.iter().map(|event| event["id"].to_string()).collect()
}

#[test]
fn both_see_all_whoever_is_first() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let inside = Tracer::here(["both:inside_first"]).unwrap();
    let session = outside("both:inside_first");
    both::inside_first(1);
    let (events, lost) = session.stop().unwrap();
    assert_eq!((ids(&events), lost.len()), (vec!["1".to_owned()], 0));
    both::inside_first(2);
    assert_eq!(ids(&inside.events()), ["1", "2"]);
    drop(inside);
    assert!(!both::inside_first_enabled());
}

#[test]
fn both_see_all_if_the_one_outside_was_first() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let mut session = outside("both:outside_first");
    let inside = Tracer::here(["both:outside_first"]).unwrap();
    both::outside_first(1, "one");
    assert_eq!(ids(&inside.events()), ["1"]);
    assert_eq!(inside.events()[0]["text"], "one");
    drop(inside);
    assert!(both::outside_first_enabled());
    both::outside_first(2, "two");
    let mut seen = session.wait(Duration::from_secs(5)).unwrap();
    seen.extend(session.stop().unwrap().0);
    assert_eq!(ids(&seen), ["1", "2"]);
    assert!(!both::outside_first_enabled());
}

/// Other makers' sites have one nop, and behind it is code.
#[test]
fn where_there_is_one_place_the_second_is_told() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let name = "strangers:stranger_one";
    let session = outside(name);
    match Tracer::here([name]) {
        Err(AttachError::Occupied { probe, .. }) => assert_eq!(probe, name),
        other => panic!("{other:?}"),
    }
    drop(session);
    let inside = Tracer::here([name]).unwrap();
    strangers::one(1, &2, 3.0);
    assert_eq!(inside.events().len(), 1);
}

/// The kernel believes that the breakpoint is its own, and takes it away at the end.
#[test]
fn where_there_is_one_place_a_second_one_outside_takes_all() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let name = "strangers:stranger_two";
    let mut inside = Tracer::here([name]).unwrap();
    strangers::two(1);
    let session = outside(name);
    strangers::two(2);
    let numbers = |events: &[usdt_trace::Event]| -> Vec<String> {
        events.iter().map(|event| event["arg0"].to_string()).collect()
    };
    assert_eq!(numbers(&session.stop().unwrap().0), ["2"]);
    strangers::two(3);
    assert_eq!(inside.refresh().unwrap(), 1);
    strangers::two(4);
    assert_eq!(numbers(&inside.events()), ["1", "4"]);
}
