//! Fires its probes, recorded or not; see `program.rs`, which builds it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use usdt_probes::recorder::{self, Options};
use usdt_probes::runtime::{ArgType, Dynamic, Probe, ProbeDefinition, Provider, ProviderDefinition, Status};

/// 20 bytes.
const TEXT: &str = "/orders/17?page=1234";
/// How often the time is looked at.
const BURST: u64 = 1000;

/// The same probes, written into the program.
#[usdt_probes::provider(name = "cost")]
mod written {
    pub(crate) fn written_numbers(id: u64, size: u64);
    pub(crate) fn written_text(text: &str);
}

fn define() -> Provider {
    let numbers = ProbeDefinition::new("numbers").arg("id", ArgType::U64).arg("size", ArgType::U64);
    let text = ProbeDefinition::new("text").arg("text", ArgType::Str);
    let json = ProbeDefinition::new("json").arg("value", ArgType::Json);
    let cost = ProviderDefinition::new("cost").probe(numbers).probe(text).probe(json);
    Provider::define(cost).expect("a provider")
}

/// How often `fire` was called, and the nanoseconds that took.
fn spend(millis: u64, fire: impl Fn(u64)) -> (u64, u64) {
    let (mut count, start) = (0, Instant::now());
    while start.elapsed() < Duration::from_millis(millis) {
        for id in count..count + BURST {
            fire(id);
        }
        count += BURST;
    }
    (count, start.elapsed().as_nanos() as u64)
}

/// Fires one of the probes for a while.
fn fire(provider: &Provider, probe: &str, state: &str, millis: u64) -> (u64, u64) {
    let text = black_box(TEXT.to_owned());
    let value = black_box(serde_json::json!({ "id": 123, "ok": true }));
    assert_eq!((text.len(), value.to_string().len()), (20, 20));
    let defined = || -> Probe {
        let defined = provider.probe(probe).expect("a probe of this name");
        assert_eq!(defined.is_enabled(), state != "off");
        defined
    };
    match probe {
        "numbers" => {
            let probe = defined();
            spend(millis, |id| probe.fire((id, id + 1)))
        }
        "text" => {
            let probe = defined();
            spend(millis, |_| probe.fire((text.as_str(),)))
        }
        "written_numbers" => {
            assert_eq!(written::written_numbers_enabled(), state != "off");
            spend(millis, |id| written::written_numbers(id, id + 1))
        }
        "written_text" => {
            assert_eq!(written::written_text_enabled(), state != "off");
            spend(millis, |_| written::written_text(&text))
        }
        "json" => {
            let probe = defined();
            spend(millis, |_| probe.fire_values(&[Dynamic::Json(&value)]))
        }
        _ => panic!("no probe {probe}"),
    }
}

/// Fires in several threads at once.
fn fire_in(threads: u64, probe: &str, state: &str, millis: u64) -> (u64, u64) {
    let provider = define();
    if state == "recorded" {
        recorder::start(Options::new()).expect("a recorder");
    }
    std::thread::scope(|scope| {
        let thread = |_| scope.spawn(|| fire(&provider, probe, state, millis));
        let threads: Vec<_> = (0..threads).map(thread).collect();
        let done = threads.into_iter().map(|thread| thread.join().expect("a thread"));
        done.fold((0, 0), |(count, nanos), (more, longer)| (count + more, nanos + longer))
    })
}

/// The address space, and the memory that is in use, in KiB.
fn memory() -> [u64; 2] {
    let number = |file: &str, key: &str| -> u64 {
        let text = std::fs::read_to_string(file).expect(file);
        let line = text.lines().find_map(|line| line.strip_prefix(key)).expect(key);
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    };
    [number("/proc/self/status", "VmSize:"), number("/proc/self/smaps_rollup", "Anonymous:")]
}

/// What a recorder adds: the address space; the memory in use when it was started, and when its ring is full. In KiB.
fn taken(firings: usize, size: usize) -> [u64; 3] {
    let provider = define();
    let numbers = provider.probe("numbers").expect("it was defined");
    // What the first reading allocates is not the recorder's.
    memory();
    let before = memory();
    recorder::start(Options::new().firings(firings).firing_size(size)).expect("a recorder");
    let started = memory();
    for id in 0..firings.next_power_of_two() as u64 {
        numbers.fire((id, id));
    }
    let full = memory();
    [started[0] - before[0], started[1] - before[1], full[1] - before[1]]
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |word: &str| word.parse::<u64>().expect("a number");
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["places"] => {
            let provider = define();
            let Status::Visible { path } = provider.status() else { panic!("no file: {:?}", provider.status()) };
            for probe in provider.probes() {
                println!("{0} {1} cost:{0}", probe.name(), path.display());
            }
            let program = std::env::current_exe().expect("the program");
            for name in ["written_numbers", "written_text"] {
                println!("{name} {} cost:{name}", program.display());
            }
        }
        ["clock", millis] => {
            let (count, nanos) = spend(number(millis), |_| drop(black_box(Instant::now())));
            println!("{count} {nanos}");
        }
        ["memory", firings, size] => {
            let [mapped, started, full] = taken(number(firings) as usize, number(size) as usize);
            println!("{mapped} {started} {full}");
        }
        [probe, state, threads, millis] => {
            let (count, nanos) = fire_in(number(threads), probe, state, number(millis));
            println!("{count} {nanos}");
        }
        _ => panic!("{words:?}"),
    }
}
