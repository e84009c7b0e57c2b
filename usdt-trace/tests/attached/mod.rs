//! What the tests of `attach` share.

#![allow(dead_code, unreachable_pub)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use testkit::build::{gcc, own_copy};
use usdt_trace::attach::Session;
use usdt_trace::find::{Finder, Loaded};
use usdt_trace::{Event, Lost, Probe};

/// Nothing takes this long, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(30);

/// A C program for the test of this name alone: who watches a file sees all that run it.
pub fn program(test: &str, source: &str, flags: &[&str]) -> PathBuf {
    own_copy(&gcc(source, flags).unwrap(), test).unwrap()
}

/// A probe of a file.
pub fn probe(file: &Path, name: &str) -> Arc<Probe> {
    let probes = Finder::new().file(file).unwrap();
    let found = probes.iter().find(|probe| probe.full_name() == name);
    found.unwrap_or_else(|| panic!("no {name} in {probes:?}")).clone()
}

/// A probe of a process.
pub fn loaded(pid: u32, name: &str) -> Loaded {
    let process = Finder::new().process(pid).unwrap();
    let found = process.probes.iter().find(|loaded| loaded.probe.full_name() == name);
    found.unwrap_or_else(|| panic!("no {name} in {process:?}")).clone()
}

/// The next firings, so many at least.
pub fn next(session: &mut Session, count: usize) -> Vec<Event> {
    let begin = Instant::now();
    let mut events = Vec::new();
    while events.len() < count {
        assert!(begin.elapsed() < PATIENCE, "{} of {count}: {events:?}", events.len());
        events.extend(session.wait(Duration::from_millis(100)).unwrap());
    }
    events
}

/// Waits until something is so.
pub fn until(mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "it is still not so");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How many firings were lost.
pub fn sum(lost: &[Lost]) -> u64 {
    lost.iter().map(|lost| lost.count).sum()
}
