//! Static probes in the flight recorder: what was fired is what a reader of the process's memory is told.

#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(usdt_probes_off),
    not(usdt_probes_dtrace)
))]

use std::sync::{Mutex, MutexGuard, PoisonError};

use usdt_probes::recorder::{self, Options};
use usdt_trace::recorded::{Living, Recording, recordings};

#[usdt_probes::provider]
mod numbers {
    pub fn none();
    pub fn six(größe: u8, b: i16, c: f64, d: *const u8, e: bool, f: i32);
    pub fn wide(a: u128, b: u64);
}

#[usdt_probes::provider(name = "texts")]
mod texts {
    pub fn all(id: u64, text: &str, bytes: &[u8], maybe: Option<&str>, r#type: u8);
    /// Nobody calls it.
    #[allow(dead_code)]
    pub fn unused(text: &str);
}

/// There is one recorder in a process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn own() -> Recording {
    let mut found = recordings(&Living::open(std::process::id()).unwrap());
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// The firings as lines: `provider:probe name=value …`
fn lines(recording: &Recording) -> Vec<String> {
    let line = |fired: &usdt_trace::recorded::Fired| {
        let probe = &fired.event.probe;
        let mut line = format!("{}:{}", probe.provider, probe.name);
        for (arg, read) in probe.args.iter().zip(&fired.event.values) {
            line += &format!(" {}={}", arg.name, read.value);
        }
        line
    };
    recording.firings.iter().map(line).collect()
}

#[test]
fn static_probes_are_recorded_while_it_runs() {
    let _alone = alone();
    assert!(!numbers::none_enabled() && !texts::all_enabled());
    recorder::start(Options::new().firings(16)).unwrap();
    assert!(numbers::none_enabled() && numbers::six_enabled() && texts::all_enabled());
    numbers::none();
    numbers::six(1, -2, 0.5, std::ptr::without_provenance(0xABC), true, i32::MIN);
    numbers::wide(1 << 64 | 7, 8);
    texts::all(3, "tea", &[1, 2], None, 4);
    texts::all_with(|| (5, "cake", [0_u8].as_slice(), Some("x"), 6));
    numbers::six!(|| (9, 9, 9.0, std::ptr::null(), false, 9));
    recorder::stop();
    assert!(!numbers::none_enabled() && !numbers::six_enabled() && !texts::all_enabled());
    numbers::none();

    let recording = own();
    assert_eq!(
        lines(&recording),
        [
            "numbers:none",
            "numbers:six größe=1 b=-2 c=0.5 d=0xabc e=true f=-2147483648",
            "numbers:wide a=18446744073709551623 b=8",
            "texts:all id=3 text=\"tea\" bytes=b\"\\x01\\x02\" maybe=none type=4",
            "texts:all id=5 text=\"cake\" bytes=b\"\\x00\" maybe=\"x\" type=6",
            "numbers:six größe=9 b=9 c=9 d=0x0 e=false f=9",
        ]
    );
    assert_eq!((recording.total, recording.dropped), (6, 0));
}

#[test]
fn selected_providers_alone_are_enabled() {
    let _alone = alone();
    recorder::start(Options::new().providers(["num*"])).unwrap();
    assert!(numbers::none_enabled() && !texts::all_enabled());
    numbers::none();
    texts::all(1, "", &[], None, 2);
    recorder::stop();
    assert_eq!(lines(&own()), ["numbers:none"]);
}

#[test]
fn many_threads_fire_static_probes() {
    let _alone = alone();
    recorder::start(Options::new().firings(1 << 13)).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            scope.spawn(move || {
                for i in 0..1000 {
                    let id = thread << 32 | i;
                    if i.is_multiple_of(2) {
                        numbers::wide(u128::from(id) << 64, id);
                    } else {
                        texts::all(id, &id.to_string(), &id.to_ne_bytes(), None, 0);
                    }
                }
            });
        }
    });
    recorder::stop();
    let recording = own();
    assert_eq!((recording.firings.len(), recording.dropped), (4000, 0));
    for fired in &recording.firings {
        let event = &fired.event;
        if event.probe.name == "wide" {
            let (usdt_trace::Value::Unsigned(wide), usdt_trace::Value::Unsigned(id)) =
                (&event["a"], &event["b"])
            else {
                panic!("{event:?}")
            };
            assert_eq!(*wide, *id << 64);
        } else {
            assert_eq!(event["text"].to_string(), format!("\"{}\"", event["id"]));
        }
    }
}
