//! Whose firings are seen, whose semaphores are raised, and what is left behind.

#![cfg(all(feature = "attach", target_os = "linux", target_arch = "x86_64"))]

mod attached;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use attached::{loaded, next, program, until};
use testkit::machine::require_tracing;
use testkit::subject::Subject;
use usdt_trace::attach::{Counts, Options, Scope, Session};

/// Fires obey:hit(number) as it is told: `fire N`, `threads N` (one firing in each of N new threads), `fork` (one firing in a
/// child). Answers each with a line; for `fork` with what the semaphore is in the child.
const OBEY: &str = r#"
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
__extension__ volatile unsigned short obey_hit_semaphore __attribute__((unused, section(".probes")));
__attribute__((noinline)) static void *hit(void *number) {
    STAP_PROBE1(obey, hit, (long)number);
    return 0;
}
int main(void) {
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        char *gap = strchr(line, ' ');
        long count = gap ? atol(gap) : 1;
        if (line[0] == 'f' && line[1] == 'o') {
            fflush(stdout);
            pid_t child = fork();
            hit((void *)99);
            if (!child) _exit(0);
            waitpid(child, 0, 0);
        } else if (line[0] == 'f') {
            for (long i = 0; i < count; i++) hit((void *)i);
        } else {
            pthread_t *threads = calloc(count, sizeof *threads);
            for (long i = 0; i < count; i++) {
                int error = pthread_create(&threads[i], 0, hit, (void *)i);
                if (error) { printf("no thread: %s\n", strerror(error)); fflush(stdout); return 1; }
            }
            for (long i = 0; i < count; i++) pthread_join(threads[i], 0);
        }
        printf("done\n");
        fflush(stdout);
    }
    return 0;
}
"#;

fn start(file: &Path) -> Subject {
    Subject::spawn(&mut Command::new(file)).unwrap()
}

fn ask(subject: &mut Subject, command: &str) {
    subject.send(command).unwrap();
    assert_eq!(subject.line().unwrap(), "done");
}

fn watchers(subject: &Subject) -> u16 {
    loaded(subject.pid(), "obey:hit").watchers(subject.pid()).unwrap()
}

#[test]
fn one_process_with_all_its_threads() {
    if !require_tracing() {
        return;
    }
    let file = program("attach-threads", OBEY, &["-pthread"]);
    let (mut wanted, mut other) = (start(&file), start(&file));
    ask(&mut wanted, "fire 1");
    let probe = loaded(wanted.pid(), "obey:hit").probe;
    let mut session = Session::new(Options::default()).unwrap();
    session.attach(&probe, Scope::Process(wanted.pid())).unwrap();
    let mut counts = Counts::new();
    counts.attach(&probe, Scope::Process(wanted.pid())).unwrap();
    assert!(watchers(&wanted) > 0);
    assert_eq!(watchers(&other), 0);
    ask(&mut other, "fire 50");
    ask(&mut wanted, "fire 2");
    ask(&mut wanted, "threads 100");
    let events = next(&mut session, 102);
    assert_eq!(events.len(), 102);
    assert!(events.iter().all(|event| event.pid == wanted.pid()));
    let mut tids: Vec<u32> = events.iter().map(|event| event.tid).collect();
    tids.sort_unstable();
    tids.dedup();
    assert!(tids.len() > 2, "{tids:?}");
    assert_eq!(counts.read().unwrap(), [102]);
    drop((session, counts));
    until(|| watchers(&wanted) == 0);
    ask(&mut wanted, "threads 3");
}

#[test]
fn a_child_is_another_process() {
    if !require_tracing() {
        return;
    }
    let file = program("attach-fork", OBEY, &["-pthread"]);
    let mut subject = start(&file);
    ask(&mut subject, "fire 1");
    let probe = loaded(subject.pid(), "obey:hit").probe;
    let mut session = Session::new(Options::default()).unwrap();
    session.attach(&probe, Scope::Process(subject.pid())).unwrap();
    ask(&mut subject, "fork");
    ask(&mut subject, "fire 1");
    let mut events = next(&mut session, 2);
    events.extend(session.wait(Duration::from_millis(50)).unwrap());
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events.iter().all(|event| event.pid == subject.pid()));
}

#[test]
fn everywhere_is_every_process_now_and_later() {
    if !require_tracing() {
        return;
    }
    let file = program("attach-everywhere", OBEY, &["-pthread"]);
    let mut first = start(&file);
    ask(&mut first, "fire 1");
    let mut session = Session::new(Options::default()).unwrap();
    session.attach(&loaded(first.pid(), "obey:hit").probe, Scope::Everywhere).unwrap();
    let mut second = start(&file);
    ask(&mut second, "fire 3");
    ask(&mut first, "threads 3");
    assert_eq!((watchers(&first), watchers(&second)), (1, 1));
    let events = next(&mut session, 6);
    let of = |pid| events.iter().filter(|event| event.pid == pid).count();
    assert_eq!((of(first.pid()), of(second.pid())), (3, 3));
    // Between one processor and the other too.
    assert!(events.is_sorted_by_key(|event| event.time));
    session.stop().unwrap();
    until(|| watchers(&first) == 0 && watchers(&second) == 0);
}

#[test]
fn a_file_without_a_name() {
    if !require_tracing() {
        return;
    }
    let file = program("attach-deleted", OBEY, &["-pthread"]);
    let mut subject = start(&file);
    ask(&mut subject, "fire 1");
    std::fs::remove_file(&file).unwrap();
    let probe = loaded(subject.pid(), "obey:hit").probe;
    for scope in [Scope::Everywhere, Scope::Process(subject.pid())] {
        let mut session = Session::new(Options::default()).unwrap();
        session.attach(&probe, scope).unwrap();
        ask(&mut subject, "fire 4");
        assert_eq!(next(&mut session, 4).len(), 4, "{scope:?}");
    }
}
