//! What a session reads of each kind of operand, beside what the program fired and what bpftrace sees.

#![cfg(all(feature = "attach", target_os = "linux", target_arch = "x86_64"))]

mod attached;

use std::process::Command;

use attached::{loaded, next, probe, program};
use testkit::bpftrace::{Bpftrace, observe};
use testkit::machine::require_tracing;
use testkit::subject::Subject;
use usdt_trace::attach::{Counts, Options, Scope, Session};
use usdt_trace::{Event, Value};

/// Fires each of its probes ten times, says so, and waits for the end of its input.
const KINDS: &str = r#"
#include <sys/sdt.h>
#include <stdio.h>
#include <stdlib.h>
struct thing { long number; int minus; unsigned char small; };
long counter = 41;
int table[4] = {-1, -2, -3, -4};
__attribute__((noinline)) void registers(long a, int b, unsigned char c, short d) {
    STAP_PROBE4(kinds, registers, a, b, c, d);
}
__attribute__((noinline)) void memory(struct thing *thing, long index) {
    volatile int local = -7 - (int)index;
    STAP_PROBE3(kinds, memory, thing->number, thing->minus, thing->small);
    STAP_PROBE1(kinds, local, local);
}
__attribute__((noinline)) void global(void) {
    STAP_PROBE2(kinds, global, counter, table[2]);
    counter++;
}
__attribute__((noinline)) void floats(double a, float b) {
    STAP_PROBE2(kinds, floats, a, b);
}
int main(void) {
    struct thing *thing = malloc(sizeof *thing);
    for (int i = 0; i < 10; i++) {
        *thing = (struct thing){1l << 40 | i, -100 - i, 250 + i % 5};
        registers(-(1l << 50) + i, -i, 255 - i, -300 - i);
        memory(thing, i);
        floats(i - 0.5, i * 1.5f);
        STAP_PROBE3(kinds, constants, 17, -3, 1l << 33);
        global();
    }
    printf("fired\n");
    fflush(stdout);
    return getchar() == EOF ? 0 : 1;
}
"#;

/// What the session has seen of a probe, a line a firing.
fn lines(events: &[Event], name: &str) -> Vec<String> {
    let of_probe = events.iter().filter(|event| event.probe.name == name);
    let line =
        |event: &Event| event.values.iter().map(|read| read.value.to_string()).collect::<Vec<_>>().join(" ");
    of_probe.map(line).collect()
}

/// Runs the program while it is watched.
fn watch(file: &std::path::Path, names: &[&str]) -> Vec<Event> {
    let mut session = Session::new(Options::default()).unwrap();
    for name in names {
        session.attach(&probe(file, &format!("kinds:{name}")), Scope::Everywhere).unwrap();
    }
    let mut subject = Subject::spawn(&mut Command::new(file)).unwrap();
    subject.wait_for("fired").unwrap();
    let events = next(&mut session, names.len() * 10);
    assert!(subject.finish().unwrap().0.success());
    let (rest, lost) = session.stop().unwrap();
    assert!(rest.is_empty() && lost.is_empty(), "{rest:?} {lost:?}");
    assert!(events.is_sorted_by_key(|event| event.time));
    events
}

#[test]
fn operands_are_what_bpftrace_reads() {
    if !require_tracing() {
        return;
    }
    // Memory below the stack pointer would not be in the copy of the stack.
    let file = program("attach-kinds", KINDS, &["-mno-red-zone"]);
    let names = ["registers", "local", "constants"];
    let script = Bpftrace::new()
        .usdt(
            &file,
            "kinds:registers",
            r#"printf("registers %ld %d %d %d\n", arg0, (int32)arg1, (uint8)arg2, (int16)arg3)"#,
        )
        .usdt(&file, "kinds:local", r#"printf("local %d\n", (int32)arg0)"#)
        .usdt(&file, "kinds:constants", r#"printf("constants %d %d %ld\n", arg0, (int32)arg1, arg2)"#);
    let (seen, events) = observe(&script, || watch(&file, &names)).unwrap();
    let line = |event: &Event| {
        format!("{} {}", event.probe.name, lines(std::slice::from_ref(event), &event.probe.name)[0])
    };
    seen.assert_lines_unordered(&events.iter().map(line).collect::<Vec<_>>());
    // And both are right.
    let fired: Vec<String> =
        (0..10).map(|i| format!("{} {} {} {}", -(1_i64 << 50) + i, -i, 255 - i, -300 - i)).collect();
    assert_eq!(lines(&events, "registers"), fired);
    assert_eq!(lines(&events, "local"), (0..10).map(|i| (-7 - i).to_string()).collect::<Vec<_>>());
    assert_eq!(lines(&events, "constants"), vec!["17 -3 8589934592"; 10]);
    let own = events.iter().flat_map(|event| &event.values).all(|read| !read.late && !read.cut);
    assert!(own, "{events:?}");
}

#[test]
fn memory_that_is_not_on_the_stack_is_read_late() {
    if !require_tracing() {
        return;
    }
    let file = program("attach-memory", KINDS, &[]);
    let events = watch(&file, &["memory"]);
    // The last firing's values are there still.
    let last = events.last().unwrap();
    let values: Vec<&Value> = last.values.iter().map(|read| &read.value).collect();
    assert_eq!(values, [&Value::Signed((1 << 40) | 9), &Value::Signed(-109), &Value::Unsigned(254)]);
}

#[test]
fn floats_in_general_registers_and_memory() {
    if !require_tracing() {
        return;
    }
    let file = program("attach-floats", KINDS, &[]);
    let events = watch(&file, &["floats"]);
    for (i, event) in events.iter().enumerate() {
        let i = u8::try_from(i).unwrap();
        for (read, fired) in event.values.iter().zip([f64::from(i) - 0.5, f64::from(i) * 1.5]) {
            // Those of vector registers are not in samples, and must not look like something else.
            let is_right = read.value == Value::Float(fired);
            assert!(is_right || read.value == Value::Unreadable("in a vector register"), "{event:?}");
        }
    }
}

#[test]
fn globals_are_found_wherever_the_program_was_loaded() {
    if !require_tracing() {
        return;
    }
    for (test, flags) in
        [("attach-global-fixed", &["-fno-pie", "-no-pie"][..]), ("attach-global-moved", &["-fpie", "-pie"])]
    {
        let file = program(test, KINDS, flags);
        let probe = probe(&file, "kinds:global");
        assert!(probe.sites[0].text.contains("counter(%rip)"), "{}", probe.sites[0].text);
        let events = watch(&file, &["global"]);
        let last = events.last().unwrap();
        // Read late: it has been counted on by then.
        assert_eq!(last["arg0"], 51, "{test}");
        assert_eq!(last["arg1"], -3, "{test}");
        assert!(last.values.iter().all(|read| read.late), "{last:?}");
    }
}

#[test]
fn counts_are_those_of_bpftrace() {
    if !require_tracing() {
        return;
    }
    let file = program("attach-counts", KINDS, &[]);
    let script = Bpftrace::new().usdt(&file, "kinds:registers", "@count = count();");
    let (seen, counts) = observe(&script, || {
        let mut counts = Counts::new();
        for name in ["kinds:registers", "kinds:memory", "kinds:local"] {
            counts.attach(&probe(&file, name), Scope::Everywhere).unwrap();
        }
        assert_eq!(counts.read().unwrap(), [0, 0, 0]);
        for _ in 0..3 {
            Subject::spawn(&mut Command::new(&file)).unwrap().finish().unwrap();
        }
        counts.read().unwrap()
    })
    .unwrap();
    assert_eq!(counts, [30, 30, 30]);
    seen.assert_count("@count", 30);
}

#[usdt_probes::provider(name = "watched")]
mod watched {
    pub fn numbers(a: u8, b: i32, c: u64, d: i128, e: bool, f: char, g: f64, h: std::time::Duration);
    pub fn small(a: i8, b: u16, c: i16, d: f32, e: *const u8, f: Option<u32>);
    pub fn texts(a: &str, b: &[u8], c: Option<&str>, d: &std::ffi::CStr, e: &std::path::Path);
    pub fn long(text: &str);
}

#[test]
fn values_of_each_type_of_this_library() {
    if !require_tracing() {
        return;
    }
    let own = std::process::id();
    // Frames of programs that were not optimized are large.
    let mut session = Session::new(Options { stack: Some(8192), ..Options::default() }).unwrap();
    for name in ["watched:numbers", "watched:small", "watched:texts", "watched:long"] {
        session.attach(&loaded(own, name).probe, Scope::Process(own)).unwrap();
    }
    let long = "é".repeat(240);
    watched::numbers(255, -7, u64::MAX, i128::MIN, true, 'ß', -2.5, std::time::Duration::new(1, 5));
    watched::small(-128, 60_000, -300, 1.5, std::ptr::without_provenance(0x1234), None);
    watched::texts_with(|| ("text", b"bytes\0", None, c"c text", std::path::Path::new("/a/path")));
    watched::long(&long);
    let events = next(&mut session, 4);
    assert_eq!(events.len(), 4);
    let [numbers, small, texts, longer] = &events[..] else { panic!("{events:?}") };
    assert_eq!((&numbers["a"], &numbers["b"]), (&Value::Unsigned(255), &Value::Signed(-7)));
    assert_eq!(numbers["c"], u64::MAX);
    assert_eq!(numbers["d"], i128::MIN);
    assert_eq!(numbers["e"], true);
    assert_eq!(numbers["f"], 'ß');
    assert_eq!(numbers["g"], -2.5);
    assert_eq!(numbers["h"], std::time::Duration::new(1, 5));
    assert_eq!((&small["a"], &small["b"]), (&Value::Signed(-128), &Value::Unsigned(60_000)));
    assert_eq!((&small["c"], &small["d"]), (&Value::Signed(-300), &Value::Float(1.5)));
    assert_eq!(small["e"], Value::Address(0x1234));
    assert_eq!(texts["a"], "text");
    assert_eq!(texts["b"], b"bytes\0");
    assert_eq!(texts["c"], Value::None);
    assert_eq!(texts["d"], "c text");
    assert_eq!(texts["e"], "/a/path");
    assert_eq!(longer["text"], *long);
    assert!([numbers, small].iter().all(|event| event.values.iter().all(|read| !read.late && !read.cut)));
    assert!(events.iter().all(|event| event.pid == own));
}

#[test]
fn a_provider_that_is_defined_at_run_time() {
    use usdt_probes::runtime::{ArgType, ProbeDefinition, Provider, ProviderDefinition};
    if !require_tracing() {
        return;
    }
    let probe = ProbeDefinition::new("made").arg("number", ArgType::I32).arg("text", ArgType::Str);
    let provider = Provider::define(ProviderDefinition::new("later").probe(probe)).unwrap();
    let own = std::process::id();
    let loaded = loaded(own, "later:made");
    let mut session = Session::new(Options::default()).unwrap();
    session.attach(&loaded.probe, Scope::Process(own)).unwrap();
    let made = provider.probe("made").unwrap();
    assert!(made.is_enabled());
    made.fire((-5_i32, "run time"));
    let events = next(&mut session, 1);
    assert_eq!(events[0]["number"], -5);
    assert_eq!(events[0]["text"], "run time");
    drop(session);
    attached::until(|| !made.is_enabled());
}
