//! Records its own firings: of a static probe with the argument `static`, of one that it defines with `defined`. It says in which file
//! the probe is, reads commands from its standard input, a line each, and answers each with a line:
//!
//! ```text
//! start N    starts a recorder that keeps N firings
//! stop       stops it
//! enabled    answers whether the probe is enabled
//! fire N     fires N times, with the ids that come next
//! threads T N  the same in each of T threads, whose ids overlap
//! spin T     T threads fire for as long as the program runs
//! fork N     forks a child, in which two threads fire N times each, and which lives as long as its parent; answers with the ids of
//!            the child and of its threads
//! toggle N   starts and stops the recorder for N milliseconds; answers how often
//! abort      dies
//! ```
//!
//! The arguments of a firing follow from its id, so that whoever reads them can tell whether they belong together.
//!
//! # Safety
//!
//! `unsafe` is here to fork: what a test of just that needs.
#![allow(unsafe_code)]

use std::io::{BufRead as _, PipeReader, PipeWriter, Read as _, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use usdt_probes::recorder::{self, Options};
use usdt_probes::runtime::{self, ArgType, ProbeDefinition, Provider, ProviderDefinition, Status};

#[usdt_probes::provider(name = "recorded")]
mod written {
    pub(crate) fn pair(id: u64, product: u64, text: String);
}

/// The probe that it fires.
#[derive(Clone)]
enum Probe {
    Static,
    Defined(runtime::Probe),
}

impl Probe {
    fn is_enabled(&self) -> bool {
        match self {
            Probe::Static => written::pair_enabled(),
            Probe::Defined(probe) => probe.is_enabled(),
        }
    }

    fn fire(&self, id: u64) {
        let values = || (id, id.wrapping_mul(0x9E37_79B9), format!("{id:016x}{id:016x}{id:016x}"));
        match self {
            Probe::Static => written::pair_with(values),
            Probe::Defined(probe) => probe.fire_with(values),
        }
    }
}

fn main() {
    let (file, probe) = match std::env::args().nth(1).as_deref() {
        Some("static") => {
            let program = std::env::current_exe().expect("the program's file");
            (program.display().to_string(), Probe::Static)
        }
        Some("defined") => define(),
        other => panic!("not a kind of probe: {other:?}"),
    };
    say(&file);
    let subject = Subject { probe, next: AtomicU64::new(0) };
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input");
        say(&subject.obey(&line.split(' ').collect::<Vec<_>>()));
    }
}

/// Defines the probe, and says where it is.
fn define() -> (String, Probe) {
    let pair = ProbeDefinition::new("pair")
        .arg("id", ArgType::U64)
        .arg("product", ArgType::U64)
        .arg("text", ArgType::Str);
    let provider = Provider::define(ProviderDefinition::new("recorded").probe(pair)).expect("no mistakes");
    let file = match provider.status() {
        Status::Visible { path } => path.display().to_string(),
        other => format!("{other:?}"),
    };
    (file, Probe::Defined(provider.probes().remove(0)))
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("standard output");
}

struct Subject {
    probe: Probe,
    /// The id of the next firing.
    next: AtomicU64,
}

impl Subject {
    fn obey(&self, words: &[&str]) -> String {
        let number = |i: usize| words[i].parse::<u64>().expect("a number");
        match words[0] {
            "start" => start(usize::try_from(number(1)).expect("a size")),
            "stop" => recorder::stop(),
            "enabled" => return self.probe.is_enabled().to_string(),
            "fire" => {
                let count = number(1);
                let first = self.next.fetch_add(count, Ordering::Relaxed);
                (first..first + count).for_each(|id| self.probe.fire(id));
            }
            "threads" => self.threads(number(1), number(2)),
            "spin" => self.spin(number(1)),
            "fork" => return self.fork(number(1)),
            "toggle" => return toggle(number(1)).to_string(),
            "abort" => std::process::abort(),
            other => panic!("unknown command {other}"),
        }
        "done".to_owned()
    }

    fn threads(&self, threads: u64, times: u64) {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| (0..times).for_each(|id| self.probe.fire(id)));
            }
        });
    }

    fn spin(&self, threads: u64) {
        for thread in 0..threads {
            let probe = self.probe.clone();
            std::thread::spawn(move || (thread << 32..(thread + 1) << 32).for_each(|id| probe.fire(id)));
        }
    }

    fn fork(&self, times: u64) -> String {
        let (from_child, to_parent) = std::io::pipe().expect("a pipe");
        // SAFETY: the program has one thread.
        let child = unsafe { libc::fork() };
        if child == 0 { self.child(to_parent, times) } else { said(from_child, to_parent) }
    }

    fn child(&self, mut parent: PipeWriter, times: u64) -> ! {
        let fire_all = |parent: &mut PipeWriter| {
            (0..times).for_each(|id| self.probe.fire(id));
            // SAFETY: asks a number of the kernel.
            write!(parent, " {}", unsafe { libc::gettid() }).expect("the parent reads");
        };
        // SAFETY: the child ends with its parent, which is there until the pipe is closed.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        write!(parent, "{}", std::process::id()).expect("the parent reads");
        fire_all(&mut parent);
        std::thread::scope(|scope| drop(scope.spawn(|| fire_all(&mut parent))));
        drop(parent);
        loop {
            // SAFETY: waits for a signal.
            unsafe { libc::pause() };
        }
    }
}

fn said(mut child: PipeReader, writer: PipeWriter) -> String {
    drop(writer);
    let mut text = String::new();
    child.read_to_string(&mut text).expect("the child writes");
    text
}

fn start(firings: usize) {
    recorder::start(Options::new().firings(firings)).expect("a recorder");
}

fn toggle(millis: u64) -> u64 {
    let begin = Instant::now();
    let mut times = 0;
    while begin.elapsed() < Duration::from_millis(millis) {
        start(1);
        recorder::stop();
        times += 1;
    }
    times
}
