//! What a recorder leaves in memory, read back from the process's own.

#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(usdt_probes_off),
    not(usdt_probes_dtrace)
))]

mod recording;

use std::sync::{Mutex, MutexGuard, PoisonError};

use recording::{Recording, Value};
use usdt_core::recorder::{self, Error, Options};
use usdt_core::runtime::{ArgType, Probe, ProbeDefinition, Provider, ProviderDefinition};

/// There is one recorder in a process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn provider(name: &str) -> Provider {
    let request = ProbeDefinition::new("request-start").arg("id", ArgType::U64).arg("path", ArgType::Str);
    Provider::define(ProviderDefinition::new(name).probe(request).probe(ProbeDefinition::new("idle")))
        .unwrap()
}

fn semaphore(probe: &Probe) -> u16 {
    probe.semaphore().load(std::sync::atomic::Ordering::Relaxed)
}

#[test]
fn firings_are_recorded_while_it_runs() {
    let _alone = alone();
    let orders = provider("rec_orders");
    let request = orders.probe("request-start").unwrap();
    assert!(!request.is_enabled());
    recorder::start(Options::new().firings(5).text(8)).unwrap();
    assert!(recorder::is_running() && request.is_enabled());
    assert!(matches!(recorder::start(Options::new()), Err(Error::AlreadyStarted)));
    for i in 0..11_u64 {
        request.fire((i, "/orders/ä"));
    }
    orders.probe("idle").unwrap().fire(());
    recorder::stop();
    assert!(!recorder::is_running() && !request.is_enabled() && semaphore(&request) == 0);
    request.fire((99_u64, "nobody"));

    let recording = Recording::own();
    let firings = recording.firings();
    assert_eq!(firings.iter().map(|it| it.number).collect::<Vec<_>>(), (4..12).collect::<Vec<_>>());
    for firing in &firings[..7] {
        assert_eq!(firing.probe, "rec_orders:request__start(7 id, 16 path)");
        assert_eq!(firing.values, [Value::Number(firing.number), Value::Text("/orders/".into(), 1)]);
        assert_eq!(firing.thread, recording::own_thread());
    }
    assert!(firings.is_sorted_by_key(|it| it.time));
    assert_eq!((firings[7].probe.as_str(), firings[7].values.len()), ("rec_orders:idle()", 0));
    assert_eq!(recording.dropped(), 0);
}

#[test]
fn many_threads_record_at_once() {
    let _alone = alone();
    let busy = provider("rec_busy");
    let request = busy.probe("request-start").unwrap();
    recorder::start(Options::new().firings(1 << 14).providers(["rec_busy"])).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let request = &request;
            scope.spawn(move || {
                for i in 0..2000 {
                    request.fire((thread << 32 | i, "/"));
                }
            });
        }
    });
    recorder::stop();
    let recording = Recording::own();
    let firings = recording.firings();
    assert_eq!((firings.len(), recording.dropped()), (8000, 0));
    for thread in 0..4 {
        let of_thread = |it: &recording::Firing| match it.values[0] {
            Value::Number(number) if number >> 32 == thread => Some((it.thread, number & 0xFFFF_FFFF)),
            _ => None,
        };
        let fired: Vec<_> = firings.iter().filter_map(of_thread).collect();
        assert!(fired.iter().enumerate().all(|(i, &it)| it == (fired[0].0, i as u64)), "{thread}");
        assert_eq!(fired.len(), 2000);
    }
}

#[test]
fn only_selected_providers_are_recorded() {
    let _alone = alone();
    let (one, other) = (provider("rec_one"), provider("rec_other"));
    recorder::start(Options::new().providers(["rec_on?", "rec_later*"])).unwrap();
    let later = provider("rec_later_1");
    let probe = |provider: &Provider| provider.probe("request-start").unwrap();
    assert_eq!([&one, &other, &later].map(|it| semaphore(&probe(it))), [0x4000, 0, 0x4000]);
    // As if a tracer had.
    probe(&other).semaphore().store(1, std::sync::atomic::Ordering::Relaxed);
    for provider in [&one, &other, &later] {
        probe(provider).fire((1_u64, "x"));
    }
    let twin = provider("rec_one");
    drop(twin);
    assert_eq!(semaphore(&probe(&one)), 0x4000);
    recorder::stop();
    assert_eq!([&one, &other, &later].map(|it| semaphore(&probe(it))), [0, 1, 0]);
    probe(&other).semaphore().store(0, std::sync::atomic::Ordering::Relaxed);
    let names: Vec<_> = Recording::own().firings().into_iter().map(|it| it.probe).collect();
    assert_eq!(
        names.iter().map(|it| it.split(':').next().unwrap()).collect::<Vec<_>>(),
        ["rec_one", "rec_later_1"]
    );
}

#[test]
fn a_mark_that_was_lost_comes_back() {
    let _alone = alone();
    let marks = provider("rec_marks");
    let request = marks.probe("request-start").unwrap();
    let kernel_writes = |value| request.semaphore().store(value, std::sync::atomic::Ordering::Relaxed);
    recorder::start(Options::new()).unwrap();
    // A tracer came, and the kernel had read the semaphore before it was raised.
    kernel_writes(1);
    recorder::refresh();
    assert_eq!(semaphore(&request), 0x4001);
    recorder::stop();
    assert_eq!(semaphore(&request), 1);
    // It went, and the kernel had read the semaphore before it was lowered.
    kernel_writes(0x4000);
    recorder::refresh();
    assert_eq!(semaphore(&request), 0);
}

#[test]
fn values_are_as_their_types_say() {
    let _alone = alone();
    let all = ProbeDefinition::new("all")
        .arg("small", ArgType::I8)
        .arg("wide", ArgType::U128)
        .arg("bytes", ArgType::Bytes)
        .arg("none", ArgType::Str)
        .arg("json", ArgType::Json)
        .arg("long", ArgType::Str)
        .arg("left_out", ArgType::U64);
    let all = Provider::define(ProviderDefinition::new("rec_all").probe(all)).unwrap();
    recorder::start(Options::new().text(100).firing_size(32 + 8 + 16 + 8 + 8 + 16 + 24)).unwrap();
    let text = "0123456789012345678901234567890";
    all.probe("all").unwrap().fire((
        -1_i8,
        1_u128 << 64,
        [1_u8, 0, 2].as_slice(),
        None::<&str>,
        "{\"a\":1}",
        text,
        7_u64,
    ));
    recorder::stop();
    let firing = Recording::own().firings().remove(0);
    let text = |bytes: &[u8], flags| Value::Text(bytes.to_vec().into(), flags);
    assert_eq!(
        firing.values,
        [
            Value::Number(u64::MAX),
            Value::Wide(0, 1),
            text(&[1, 0, 2], 0),
            text(b"", 2),
            text(b"{\"a\":1}", 0),
            text(b"01234567890123456789", 1),
        ]
    );
}
