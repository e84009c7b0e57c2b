//! `cargo xtask demo`: a service with probes under traffic, and bpftrace watching it.
//!
//! The tracer attaches to the program's file before the program runs, so it sees every firing of every process that runs it.
//! The demo holds it to that: it counts the requests that it sends, and fails if the tracer saw another number.

mod child;
mod event;
mod http;
mod latency;
mod live;
mod paint;
mod report;
mod scratch;
mod service;
mod stop;
mod text;
mod tracer;
mod traffic;

use std::io::{Write as _, stdout};
use std::path::PathBuf;
use std::sync::mpsc::RecvTimeoutError;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use event::Message;
use live::Live;
use paint::Paint;
use report::{Outcome, Seen};
use scratch::Scratch;
use service::Service;
use stop::Stop;
use tracer::Tracer;

const USAGE: &str = "\
usage: cargo xtask demo [--seconds N] [--service FILE]

  --seconds N      how long the traffic lasts; 10 by default, at most 60
  --service FILE   the service as it was built before; by default it is built here
";

/// How long to wait for the last lines of the tracer once the traffic is over.
const PATIENCE: Duration = Duration::from_secs(3);

/// Runs the whole demo.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let Some(options) = Options::parse(words)? else {
        print!("{USAGE}");
        return Ok(());
    };
    let stop = Stop::on_signals()?;
    let program = match options.service {
        Some(file) => file.canonicalize().with_context(|| format!("{}", file.display()))?,
        None => {
            println!("building the service (release)");
            service::build()?
        }
    };
    if !rustix::process::geteuid().is_root() {
        bail!("only root may attach bpftrace. Type this:\n\n    {}\n", report::as_root(&program)?);
    }
    crate::setup::bpftrace()?;
    let outcome = watch(program, options.traffic, &stop)?;
    outcome.write(&mut stdout().lock(), Paint::for_stdout())?;
    outcome.verdict()
}

struct Options {
    traffic: Duration,
    service: Option<PathBuf>,
}

impl Options {
    /// `None` is the wish for help.
    fn parse(words: &[String]) -> Result<Option<Self>> {
        let mut options = Self { traffic: Duration::from_secs(10), service: None };
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let value = if word.starts_with("--") { words.next() } else { None };
            match (word, value) {
                ("--help", _) => return Ok(None),
                ("--service", Some(file)) => options.service = Some(file.into()),
                ("--seconds", Some(number)) => {
                    let seconds = number.parse().ok().filter(|seconds| (1..=60).contains(seconds));
                    options.traffic =
                        Duration::from_secs(seconds.context("--seconds wants a number from 1 to 60")?);
                }
                _ => bail!("{word} is not understood\n{USAGE}"),
            }
        }
        Ok(Some(options))
    }
}

/// Attaches, starts the service, lets the traffic run, shows what happens, and takes everything down again.
fn watch(program: PathBuf, traffic: Duration, stop: &Stop) -> Result<Outcome> {
    let scratch = Scratch::new()?;
    println!("attaching bpftrace to {}", program.display());
    let mut tracer = Tracer::attach(&program, stop)?;
    println!("attached to {} probes; the service does not run yet. Now it starts:\n", event::PROBES.len());
    let service = Service { program: program.clone(), data: scratch.path("kv.log") };
    let mut driver = Driver::start(service, traffic, stop);
    let mut live = Live::new(Paint::for_stdout(), tracer.since);
    let (mut seen, mut sent, mut last) = (Seen::default(), None, Instant::now());
    loop {
        stop.check()?;
        match tracer.receive(Duration::from_millis(50)) {
            Ok(message) => {
                last = Instant::now();
                take(message, &mut seen, &mut live)?;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        sent = sent.or(driver.finished().transpose()?);
        if sent.is_some_and(|sent| seen.latencies.count() >= sent || last.elapsed() > PATIENCE) {
            tracer.stop()?;
        }
    }
    live.finish(&mut stdout().lock())?;
    let Some(sent) = sent else { bail!("bpftrace ended before the traffic did:\n{}", tracer.complaints()?) };
    Ok(Outcome { program, sent, seen })
}

fn take(message: Message, seen: &mut Seen, live: &mut Live) -> Result<()> {
    match message {
        Message::Fired(event) => {
            seen.firings += 1;
            if let Some((route, latency)) = event.answered() {
                seen.latencies.add(route, latency);
            }
            if let Some(lines) = live.lines(&event) {
                stdout().lock().write_all(lines.as_bytes())?;
            }
        }
        Message::Lost(lines) => seen.lost += lines,
        Message::Counted(requests) => seen.counted = Some(requests),
        Message::Attached { .. } => {}
    }
    Ok(())
}

/// Runs the service and its clients, in a thread of its own that ends with this.
struct Driver {
    thread: Option<JoinHandle<Result<u64>>>,
    stop: Stop,
}

impl Driver {
    fn start(service: Service, traffic: Duration, stop: &Stop) -> Self {
        let its_stop = stop.clone();
        let thread = Some(thread::spawn(move || drive(&service, traffic, &its_stop)));
        Self { thread, stop: stop.clone() }
    }

    /// The number of requests that were sent and answered, once, when that is known.
    fn finished(&mut self) -> Option<Result<u64>> {
        let thread = self.thread.take_if(|thread| thread.is_finished())?;
        Some(thread.join().unwrap_or_else(|_| Err(anyhow!("the load generator panicked"))))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.stop.ask();
            let _ = thread.join();
        }
    }
}

/// The service lives twice, so that it has a log to compact when it starts, and a tracer something to see at once.
fn drive(service: &Service, traffic: Duration, stop: &Stop) -> Result<u64> {
    let running = service.start()?;
    let filled = traffic::fill(running.address, stop)?;
    running.stop()?;
    let running = service.start()?;
    let mixed = traffic::mix(running.address, traffic, stop)?;
    running.stop()?;
    Ok(filled + mixed)
}
