//! A tracer, and a thread that writes down what it sees.
//!
//! # Safety
//!
//! `unsafe` is here to block signals.
#![allow(unsafe_code)]

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use usdt_trace::json::{self, Clock};
use usdt_trace::local::{AttachError, Options, Tracer};
use usdt_trace::{Lost, Probe};

use crate::output::Output;

/// How often what fired is written down.
const WRITE_EVERY: Duration = Duration::from_millis(5);
/// How often new probes are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How many firings there is room for in between.
const ROOM: usize = 1 << 16;

/// What is watched in this process. It goes when the process ends by itself.
static WATCH: Mutex<Option<Watch>> = Mutex::new(None);

/// The process that watches itself.
static OWNER: AtomicU32 = AtomicU32::new(0);

/// Probes of the own process, and where their firings are written down.
pub(crate) struct Watch {
    patterns: Vec<String>,
    output: Output,
    clock: Clock,
    name: String,
    /// One for each pattern that means something by now.
    tracers: Vec<Tracer>,
    /// The probes that were announced.
    announced: HashSet<String>,
    next_look: Instant,
}

impl Watch {
    pub(crate) fn new(patterns: Vec<String>, output: Output) -> Watch {
        let name = std::fs::read_to_string("/proc/self/comm").unwrap_or_default().trim_end().to_owned();
        let (tracers, announced) = (Vec::new(), HashSet::new());
        Watch { patterns, output, clock: Clock::new(), name, tracers, announced, next_look: Instant::now() }
    }

    /// Attaches to what there is, and announces what wasn't there before.
    fn look(&mut self) {
        for tracer in &mut self.tracers {
            let _ = tracer.refresh();
        }
        let mut waiting = Vec::new();
        for pattern in std::mem::take(&mut self.patterns) {
            let mut options = Options::default();
            options.events = ROOM;
            match Tracer::with_options(options, [pattern.clone()]) {
                Ok(tracer) => self.tracers.push(tracer),
                // It may come: a library that is loaded, a provider that is defined.
                Err(AttachError::NoSuchProbe { .. }) => waiting.push(pattern),
                Err(error) => eprintln!("usdt-preload: {pattern}: {error}"),
            }
        }
        self.patterns = waiting;
        let mut new: Vec<Arc<Probe>> = self.tracers.iter().flat_map(Tracer::probes).collect();
        new.retain(|probe| self.announced.insert(probe.full_name()));
        if !new.is_empty() {
            let new = new.iter().map(|probe| &**probe);
            self.output.write(&(json::watching(new, Some(std::process::id())) + "\n"));
        }
        self.next_look = Instant::now() + LOOK_EVERY;
    }

    /// Writes down what has fired.
    fn write(&mut self) {
        let mut events: Vec<_> = self.tracers.iter().flat_map(Tracer::take).collect();
        events.sort_by_key(|event| event.time);
        let lines: String =
            events.iter().map(|event| json::typed_event(event, &self.name, &self.clock) + "\n").collect();
        if !lines.is_empty() {
            self.output.write(&lines);
        }
    }
}

/// Watches from now on.
pub(crate) fn begin(mut watch: Watch) {
    watch.look();
    *lock() = Some(watch);
    OWNER.store(std::process::id(), Ordering::Relaxed);
    // A new thread has the signals blocked that its parent has: those of the program are not for this one.
    let before = block(libc::SIG_BLOCK, &all_signals());
    let started = thread::Builder::new().name("usdt-preload".to_owned()).spawn(write_down);
    block(libc::SIG_SETMASK, &before);
    if let Err(error) = started {
        eprintln!("usdt-preload: no thread: {error}");
    }
}

/// What the thread does.
fn write_down() {
    loop {
        thread::sleep(WRITE_EVERY);
        match &mut *lock() {
            Some(watch) => {
                watch.write();
                if Instant::now() >= watch.next_look {
                    watch.look();
                }
            }
            None => return,
        }
    }
}

/// Writes down what is left, and ends.
pub(crate) fn finish() {
    // A child that was forked has neither the thread nor, perhaps, the lock.
    if OWNER.load(Ordering::Relaxed) != std::process::id() {
        return;
    }
    let Some(mut watch) = lock().take() else { return };
    watch.write();
    let lost: Vec<Lost> = watch.tracers.iter().flat_map(Tracer::lost).collect();
    let mut summary = json::Object::new();
    summary
        .text("type", "summary")
        .raw("pid", &std::process::id().to_string())
        .raw("lost", &json::lost(&lost));
    watch.output.write(&(summary.end() + "\n"));
}

fn lock() -> std::sync::MutexGuard<'static, Option<Watch>> {
    WATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All signals but those that mean that an instruction of this thread itself went wrong.
fn all_signals() -> libc::sigset_t {
    // SAFETY: the set is filled before it is read, and the signals are known to the system.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigfillset(&raw mut set);
        for own in [libc::SIGTRAP, libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE] {
            libc::sigdelset(&raw mut set, own);
        }
        set
    }
}

/// Changes what this thread blocks, and gives what it was.
fn block(how: libc::c_int, signals: &libc::sigset_t) -> libc::sigset_t {
    // SAFETY: both sets are valid for the call, which changes nothing but this thread's mask.
    unsafe {
        let mut before = std::mem::zeroed();
        libc::pthread_sigmask(how, signals, &raw mut before);
        before
    }
}
