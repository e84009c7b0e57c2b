//! Firings from anywhere: many threads, handlers of signals, destructors; and tracers that come and go meanwhile.

#![cfg(all(feature = "local", target_os = "linux"))]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use usdt_trace::local::Tracer;

#[usdt_probes::provider]
mod busy {
    pub fn first(thread: u64, n: u64);
    pub fn second(thread: u64, text: &str);
}

#[test]
fn tracers_come_and_go_while_others_fire() {
    let stop = AtomicBool::new(false);
    let fired = AtomicU64::new(0);
    thread::scope(|scope| {
        for thread in 1..=4 {
            let (stop, fired) = (&stop, &fired);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    busy::first(thread, fired.fetch_add(1, Ordering::Relaxed));
                    busy::second(thread, "text");
                }
            });
        }
        for round in 0..100 {
            let tracer = Tracer::attach(["busy:*"]).unwrap();
            let here = Tracer::here(["busy:first"]).unwrap();
            busy::first(99, round);
            busy::second(99, "mine");
            let own = tracer.of_this_thread();
            // The others may have filled the queue.
            if tracer.lost().is_empty() {
                assert_eq!(own.len(), 2, "{own:?}");
                assert_eq!(own[0]["n"], round);
                assert_eq!(own[1]["text"], "mine");
            }
            assert_eq!(here.events().len(), 1);
            assert_eq!(here.events()[0]["n"], round);
        }
        stop.store(true, Ordering::Relaxed);
    });
    fn shared<T: Send + Sync>(tracer: T) -> T {
        tracer
    }
    let after = shared(Tracer::attach(["busy:*"]).unwrap());
    assert!(after.events().is_empty());
}

#[usdt_probes::provider]
mod lives {
    pub fn thread(number: u64);
}

#[test]
fn each_thread_is_seen_however_short_it_lives() {
    let tracer = Tracer::attach(["lives:thread"]).unwrap();
    for round in 0..20 {
        let threads: Vec<_> = (0..20).map(|n| thread::spawn(move || lives::thread(round * 20 + n))).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
    let events = tracer.events();
    let mut numbers: Vec<String> = events.iter().map(|event| event["number"].to_string()).collect();
    numbers.sort_unstable_by_key(|number| number.parse::<u64>().unwrap());
    assert_eq!(numbers, (0..400).map(|n| n.to_string()).collect::<Vec<_>>());
    let mut tids: Vec<u32> = events.iter().map(|event| event.tid).collect();
    tids.dedup();
    assert!(tids.len() > 100, "{}", tids.len());
    assert!(tracer.of_this_thread().is_empty());
    assert!(events.is_sorted_by_key(|event| event.time));
}

#[usdt_probes::provider]
mod odd {
    pub fn signal(n: u64);
    pub fn ordinary(n: u64);
    pub fn dropped(n: u64);
}

static SIGNALS: AtomicU64 = AtomicU64::new(0);

extern "C" fn on_signal(_: i32) {
    odd::signal(SIGNALS.fetch_add(1, Ordering::Relaxed));
}

/// Another thread interrupts this one again and again, also within the handler of a breakpoint.
#[test]
#[allow(unsafe_code)]
fn handlers_of_signals_fire_too() {
    let tracer = Tracer::here(["odd:signal", "odd:ordinary"]).unwrap();
    let mut seen = Vec::new();
    // SAFETY: a handler that does nothing but to count and to fire, and signals to this thread alone.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()), 0);
    }
    let (own, stop) = (Own::new(), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                own.interrupt();
                thread::sleep(Duration::from_micros(50));
            }
        });
        for n in 0..20_000_u64 {
            odd::ordinary(n);
            if n.is_multiple_of(500) {
                seen.extend(tracer.take());
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    seen.extend(tracer.take());
    assert!(tracer.lost().is_empty(), "{:?}", tracer.lost());
    let are_all = |name: &str, count: u64| {
        let of_probe = seen.iter().filter(|event| event.probe.name == name);
        of_probe.map(|event| &event["n"]).eq((0..count).collect::<Vec<u64>>().iter())
    };
    let signals = SIGNALS.load(Ordering::Relaxed);
    assert!(signals > 50, "only {signals} signals");
    assert!(are_all("signal", signals), "{signals} signals");
    assert!(are_all("ordinary", 20_000));
}

/// A thread, to send signals to.
struct Own(libc::pthread_t);

#[allow(unsafe_code)]
impl Own {
    fn new() -> Own {
        // SAFETY: it has no arguments.
        Own(unsafe { libc::pthread_self() })
    }

    fn interrupt(&self) {
        // SAFETY: the thread waits for the one that calls this.
        assert_eq!(unsafe { libc::pthread_kill(self.0, libc::SIGUSR1) }, 0);
    }
}

struct Fires(u64);

impl Drop for Fires {
    fn drop(&mut self) {
        odd::dropped(self.0);
    }
}

#[test]
fn destructors_fire_too() {
    thread_local!(static LAST: Fires = const { Fires(3) });
    let tracer = Tracer::attach(["odd:dropped"]).unwrap();
    drop(Fires(1));
    let unwound = std::panic::catch_unwind(|| {
        let _fires = Fires(2);
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(unwound.is_err());
    thread::spawn(|| LAST.with(|_| {})).join().unwrap();
    let seen: Vec<String> = tracer.events().iter().map(|event| event["n"].to_string()).collect();
    assert_eq!(seen, ["1", "2", "3"]);
}
