//! Providers that are defined at run time, as far as no tracer is needed: the API as users type it, and what it costs.
//!
//! # Safety
//!
//! `unsafe` is here to count allocations, and to do to a semaphore what a tracer does.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use usdt_probes::runtime::{
    ArgType, DefinitionError, Dynamic, Probe, ProbeDefinition, Provider, ProviderDefinition, Status,
};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(run: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    run();
    ALLOCATIONS.get() - before
}

fn orders(name: &str) -> (Provider, Probe) {
    let start = ProbeDefinition::new("request-start").arg("id", ArgType::U64).arg("path", ArgType::Str);
    let orders = Provider::define(ProviderDefinition::new(name).probe(start)).expect("a good definition");
    let start = orders.probe("request-start").expect("defined");
    (orders, start)
}

/// Where the target has probes at all.
fn raise(probe: &Probe) -> bool {
    if !matches!(probe.status(), Status::Visible { .. }) {
        return false;
    }
    // SAFETY: the semaphore is writable memory of this process, and nobody else changes it in this test.
    unsafe { probe.semaphore().as_ptr().write(1) };
    true
}

#[test]
fn a_firing_allocates_nothing_for_numbers_and_short_text() {
    let (_orders, start) = orders("allocates");
    let short = "x".repeat(500);
    let fire = || {
        start.fire((7_u64, "/orders"));
        start.fire((7_u64, &short));
        start.fire_with(|| (7_u64, "/orders"));
        start.fire_values(&[Dynamic::U64(7), Dynamic::Str(&short)]);
        start.fire_values(&[Dynamic::Bool(true), Dynamic::F64(0.1)]);
        start.fire_values(&[]);
    };
    assert_eq!(allocations(fire), 0);
    if raise(&start) {
        assert_eq!(allocations(fire), 0);
        let long = "x".repeat(1000);
        assert!(allocations(|| start.fire((7_u64, &long))) > 0, "the allocations are not counted");
    }
}

#[test]
fn closures_run_only_while_somebody_watches() {
    let (orders, start) = orders("closures");
    let count = Cell::new(0);
    let fire = || {
        start.fire_with(|| {
            count.set(count.get() + 1);
            (1_u64, "/")
        });
    };
    fire();
    assert_eq!(count.get(), 0);
    if raise(&start) {
        fire();
        assert_eq!(count.get(), 1);
        orders.disable();
        fire();
        assert_eq!(count.get(), 1);
    }
}

#[test]
fn mistakes_are_values_that_say_what_to_do() {
    let wrong = Provider::define(ProviderDefinition::new("or ders")).expect_err("a blank");
    assert_eq!(
        wrong.to_string(),
        "provider \"or ders\": ' ' can't stand here: a name is ASCII letters, digits and `_`, and begins with a letter or `_`"
    );
    let (orders, _) = orders("mistakes");
    assert_eq!(
        orders.add(ProbeDefinition::new("request-start")).expect_err("there is one"),
        DefinitionError::Duplicate("request-start".into())
    );
}

#[test]
fn handles_go_to_other_threads_and_outlive_the_provider() {
    let (orders, start) = orders("threads");
    let threads: Vec<_> = (0..4)
        .map(|i| {
            let start = start.clone();
            std::thread::spawn(move || (0..1000_u64).for_each(|id| start.fire((id * i, "thread"))))
        })
        .collect();
    drop((orders, start));
    threads.into_iter().for_each(|thread| thread.join().expect("no firing panics"));
}
