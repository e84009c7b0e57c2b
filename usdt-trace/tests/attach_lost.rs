//! What is lost is counted, to the last firing; and what a tracer leaves behind.

#![cfg(all(feature = "attach", target_os = "linux", target_arch = "x86_64"))]

mod attached;

use std::collections::HashMap;
use std::process::Command;

use attached::{probe, program, sum};
use testkit::machine::require_tracing;
use testkit::subject::Subject;
use usdt_trace::Value;
use usdt_trace::attach::{Options, Scope, Session};

/// Fires many:hit(i) for each i below its argument, in two threads each, and says that it has.
const MANY: &str = r#"
#include <sys/sdt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static long rounds;
static void *run(void *unused) {
    for (long i = 0; i < rounds; i++) STAP_PROBE1(many, hit, i);
    return unused;
}
int main(int argc, char **argv) {
    rounds = atol(argv[argc - 1]);
    pthread_t other;
    if (pthread_create(&other, 0, run, 0)) return 1;
    run(0);
    pthread_join(other, 0);
    printf("fired\n");
    fflush(stdout);
    return getchar() == EOF ? 0 : 1;
}
"#;

#[test]
fn what_is_not_shown_is_lost() {
    if !require_tracing() {
        return;
    }
    let file = program("attach-lost", MANY, &["-pthread"]);
    let mut session = Session::new(Options { buffer: 4096, ..Options::default() }).unwrap();
    session.attach(&probe(&file, "many:hit"), Scope::Everywhere).unwrap();
    let mut subject = Subject::spawn(Command::new(&file).arg("20000")).unwrap();
    // Nobody reads meanwhile.
    subject.wait_for("fired").unwrap();
    let (shown, lost) = session.stop().unwrap();
    assert!(!shown.is_empty() && sum(&lost) > 0);
    assert_eq!(shown.len() as u64 + sum(&lost), 40_000);
    assert!(shown.is_sorted_by_key(|event| event.time));
}

#[test]
fn a_session_that_ends_while_they_fire() {
    if !require_tracing() {
        return;
    }
    let file = program("attach-stop", MANY, &["-pthread"]);
    let mut session = Session::new(Options { buffer: 64 << 10, ..Options::default() }).unwrap();
    session.attach(&probe(&file, "many:hit"), Scope::Everywhere).unwrap();
    let mut subject = Subject::spawn(Command::new(&file).arg("400000")).unwrap();
    let mut shown = attached::next(&mut session, 1000);
    let (rest, lost) = session.stop().unwrap();
    shown.extend(rest);
    subject.wait_for("fired").unwrap();
    let told = shown.len() as u64 + sum(&lost);
    // Each thread fires 0, 1, 2, …: what is missing below the last that was shown was lost, and perhaps more behind it.
    let mut fired = HashMap::new();
    for event in &shown {
        let Value::Signed(number) = event["arg0"] else { panic!("{event:?}") };
        fired.insert(event.tid, u64::try_from(number).unwrap() + 1);
    }
    assert!(fired.values().sum::<u64>() <= told, "{fired:?} {told}");
    assert!((shown.len() as u64..=800_000).contains(&told), "{told}");
    assert!(shown.is_sorted_by_key(|event| event.time));
}
