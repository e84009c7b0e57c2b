//! When and where a tracer may attach, and what happens to a program while it does.

mod common;

use common::{ask, observe_run, plugin, start_ticker, ticker, tracing};
use testkit::bpftrace::{Bpftrace, observe};
use testkit::elf::Elf;
use testkit::expect;
use testkit::subject::semaphore_value;

const COUNT: &str = "@ = count();";

fn count_ticks() -> Bpftrace {
    Bpftrace::new().usdt(ticker(), "numbers:tick", COUNT)
}

fn semaphore(probe: &str) -> u64 {
    let notes = Elf::open(ticker()).and_then(|elf| elf.notes()).expect("notes");
    notes.iter().find(|n| n.name == probe).expect("a note").semaphore
}

#[test]
fn before_the_program_starts() {
    let Some(_alone) = tracing() else { return };
    observe_run(&count_ticks(), ticker(), &["1234"]).assert_count("@", 1234);
}

#[test]
fn after_the_program_has_started_by_path() {
    let Some(_alone) = tracing() else { return };
    let mut ticker = start_ticker();
    expect::equal("the ticker", "done", &*ask(&mut ticker, "tick 10"));
    let (output, _) = observe(&count_ticks(), || ask(&mut ticker, "tick 100")).expect("bpftrace attaches");
    output.assert_count("@", 100);
}

#[test]
fn by_pid_sees_that_process_alone() {
    let Some(_alone) = tracing() else { return };
    let (mut watched, mut other) = (start_ticker(), start_ticker());
    let script = count_ticks().pid(watched.pid());
    let run = || {
        ask(&mut watched, "tick 100");
        ask(&mut other, "tick 7");
    };
    let (output, ()) = observe(&script, run).expect("bpftrace attaches");
    output.assert_count("@", 100);
}

#[test]
fn by_path_sees_two_processes_at_once() {
    let Some(_alone) = tracing() else { return };
    let (mut a, mut b) = (start_ticker(), start_ticker());
    let script = Bpftrace::new().usdt(ticker(), "numbers:tick", "@[pid] = count(); @all = count();");
    let run = || {
        ask(&mut a, "tick 100");
        ask(&mut b, "tick 50");
    };
    let (output, ()) = observe(&script, run).expect("bpftrace attaches");
    output.assert_count("@all", 150);
    expect::equal(
        "@[pid] of bpftrace",
        &100,
        &output.maps["@"][a.pid().to_string()].as_u64().unwrap_or_default(),
    );
    expect::equal(
        "@[pid] of bpftrace",
        &50,
        &output.maps["@"][b.pid().to_string()].as_u64().unwrap_or_default(),
    );
}

#[test]
fn many_threads() {
    let Some(_alone) = tracing() else { return };
    let mut ticker = start_ticker();
    let (output, _) =
        observe(&count_ticks(), || ask(&mut ticker, "threads 16 5000")).expect("bpftrace attaches");
    output.assert_count("@", 80_000);
}

#[test]
fn ten_million_firings() {
    let Some(_alone) = tracing() else { return };
    observe_run(&count_ticks(), ticker(), &["10000000"]).assert_count("@", 10_000_000);
}

#[test]
fn across_fork() {
    let Some(_alone) = tracing() else { return };
    let mut ticker = start_ticker();
    let (output, answer) =
        observe(&count_ticks(), || ask(&mut ticker, "fork 100")).expect("bpftrace attaches");
    expect::equal("the ticker", "status 0", &*answer);
    output.assert_count("@", 200);
}

#[test]
fn across_exec() {
    let Some(_alone) = tracing() else { return };
    let mut ticker = start_ticker();
    let (output, answer) =
        observe(&count_ticks(), || ask(&mut ticker, "exec 100")).expect("bpftrace attaches");
    expect::equal("the ticker", "fired 100 at the start", &*answer);
    output.assert_count("@", 100);
}

#[test]
fn a_library_that_is_loaded_late() {
    let Some(_alone) = tracing() else { return };
    let mut ticker = start_ticker();
    let script = Bpftrace::new().usdt(&plugin(), "plugin:loaded", "@own = count();").usdt(
        &plugin(),
        "numbers:tick",
        "@shared = count();",
    );
    let command = format!("load {} 30", plugin().display());
    let (output, answer) = observe(&script, || ask(&mut ticker, &command)).expect("bpftrace attaches");
    expect::equal("the ticker", "done", &*answer);
    output.assert_count("@own", 30);
    output.assert_count("@shared", 30);
    // And in a process that has it loaded already.
    let (output, _) = observe(&script, || ask(&mut ticker, &command)).expect("bpftrace attaches");
    output.assert_count("@own", 30);
    output.assert_count("@shared", 30);
}

#[test]
fn arguments_are_computed_only_while_attached() {
    let Some(_alone) = tracing() else { return };
    let mut ticker = start_ticker();
    expect::equal("the ticker", "computed 0", &*ask(&mut ticker, "lazy 1000"));
    let script = Bpftrace::new().usdt(common::ticker(), "numbers:lazy", COUNT);
    let (output, answer) = observe(&script, || ask(&mut ticker, "lazy 1000")).expect("bpftrace attaches");
    output.assert_count("@", 1000);
    expect::equal("the ticker", "computed 1000", &*answer);
    expect::equal("the ticker", "computed 0", &*ask(&mut ticker, "lazy 1000"));
}

#[test]
fn the_semaphore_rises_and_falls() {
    let Some(_alone) = tracing() else { return };
    let ticker = start_ticker();
    let value = || semaphore_value(ticker.pid(), common::ticker(), semaphore("tick")).expect("the semaphore");
    expect::equal("the semaphore", &0, &value());
    let (first, second) =
        (count_ticks().start().expect("attaches"), count_ticks().start().expect("attaches"));
    // The kernel raises it once, however many look at the probe.
    expect::equal("the semaphore", &1, &value());
    drop(first);
    expect::equal("the semaphore", &1, &value());
    second.finish().expect("bpftrace ends");
    wait_for_zero(value);
}

/// bpftrace was killed: the kernel detaches when it has put the process away.
fn wait_for_zero(value: impl Fn() -> u16) {
    for _ in 0..100 {
        if value() == 0 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    expect::equal("the semaphore", &0, &value());
}

/// Attaching and detaching while four threads fire: every firing that is seen has the right values, nothing crashes,
/// nothing stays behind.
#[test]
fn a_hundred_rounds_while_four_threads_fire() {
    let Some(_alone) = tracing() else { return };
    let mut ticker = start_ticker();
    expect::equal("the ticker", "done", &*ask(&mut ticker, "spin 4"));
    // The id, its text and its bytes must agree.
    let action = "@seen = count(); \
        if (*(uint64 *)arg2 != arg0 || arg3 != 8) { @wrong_bytes = count(); } \
        if (str(arg1, 3) != \"id \") { @wrong_text = count(); } \
        if (arg0 < 10 && *(uint8 *)(arg1 + 3) != 48 + arg0) { @wrong_digit = count(); }";
    let script =
        Bpftrace::new().usdt(common::ticker(), "numbers:pair", action).program("interval:ms:20", "exit();");
    let mut seen = 0;
    for _ in 0..100 {
        let output = script.start().and_then(|session| session.finish()).expect("bpftrace attaches");
        output.assert_complete();
        for wrong in ["@wrong_bytes", "@wrong_text", "@wrong_digit"] {
            output.assert_count(wrong, 0);
        }
        seen += output.count("@seen");
    }
    let value = semaphore_value(ticker.pid(), common::ticker(), semaphore("pair")).expect("the semaphore");
    expect::equal("the semaphore", &0, &value);
    let fired = ask(&mut ticker, "stop");
    println!("100 rounds: bpftrace saw {seen} firings, the ticker {fired}");
    assert!(seen > 100, "bpftrace saw {seen} firings in 100 rounds");
    let (status, _) = ticker.finish().expect("the ticker ends");
    assert!(status.success(), "{status}");
}
