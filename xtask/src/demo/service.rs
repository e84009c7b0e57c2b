//! `cargo xtask demo`: a service in Rust.
//!
//! The tracer attaches to the program's file before the program runs, so it sees every firing of every process that runs it. Who
//! isn't root has the program watch itself, from its first moment on. The demo holds both to that: it counts the requests that it sends, and fails if the tracer saw another number.

mod http;
mod process;
mod table;
mod traffic;

use std::io::{self, Write, stdout};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::build;
use super::driver::Driver;
use super::event::{Event, Value};
use super::paint::Paint;
use super::report::{Outcome, Sent, quoted};
use super::scratch::Scratch;
use super::stop::Stop;
use super::tracer::{self, Tracer};
use super::watch::{Clock, watch};
use process::Service;
use table::{REQUEST_DONE, TABLE};

const USAGE: &str = "\
usage: cargo xtask demo [--seconds N] [--service FILE]

  --seconds N      how long the traffic lasts; 10 by default, at most 60
  --service FILE   the service as it was built before; by default it is built here

`cargo xtask demo node` is the same with a program in JavaScript.
";

/// Runs the whole demo.
pub(super) fn run(words: &[String]) -> Result<()> {
    let Some(options) = Options::parse(words)? else {
        print!("{USAGE}");
        return Ok(());
    };
    let stop = Stop::on_signals()?;
    let program = match options.service {
        Some(file) => file.canonicalize().with_context(|| format!("{}", file.display()))?,
        None => build::program("kv-service")?,
    };
    let outcome = attach_and_run(&program, options.traffic, &stop)?;
    let (mut out, paint) = (stdout().lock(), Paint::for_stdout());
    outcome.write("Latency by route, from the argument `latency` of request_done", &mut out, paint)?;
    by_hand(&program, &mut out, paint)?;
    outcome.verdict()
}

struct Options {
    traffic: Duration,
    service: Option<PathBuf>,
}

impl Options {
    /// `None` is the wish for help.
    fn parse(words: &[String]) -> Result<Option<Self>> {
        let mut options = Self { traffic: super::DEFAULT_TRAFFIC, service: None };
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let value = if word.starts_with("--") { words.next() } else { None };
            match (word, value) {
                ("--help", _) => return Ok(None),
                ("--service", Some(file)) => options.service = Some(file.into()),
                ("--seconds", Some(number)) => options.traffic = super::seconds(number)?,
                _ => bail!("{word} is not understood\n{USAGE}"),
            }
        }
        Ok(Some(options))
    }
}

/// Attaches, starts the service, lets the traffic run, shows what happens, and takes everything down again.
fn attach_and_run(program: &Path, traffic: Duration, stop: &Stop) -> Result<Outcome> {
    let scratch = Scratch::new()?;
    let tracer = if tracer::is_within() {
        let tracer = Tracer::within(scratch.root(), &TABLE)?;
        println!(
            "only root may attach to other processes, so the service will watch itself. Now it starts:\n"
        );
        tracer
    } else {
        let tracer = Tracer::attach(program, &TABLE, stop)?;
        println!("attached to {} probes; the service does not run yet. Now it starts:\n", TABLE.probes.len());
        tracer
    };
    let (program, data) = (program.to_owned(), scratch.path("kv.log"));
    let service = Service { program, data, environment: tracer.environment() };
    let driver = Driver::start(stop, move |stop| drive(&service, traffic, stop));
    watch(tracer, driver, Routes, stop)
}

/// The service lives twice, so that it has a log to compact when it starts, and a tracer something to see at once.
fn drive(service: &Service, traffic: Duration, stop: &Stop) -> Result<Sent> {
    let running = service.start()?;
    let filled = traffic::fill(running.address, stop)?;
    running.stop()?;
    let running = service.start()?;
    let mixed = traffic::mix(running.address, traffic, stop)?;
    running.stop()?;
    Ok(Sent::from([("request_start", filled + mixed), (REQUEST_DONE, filled + mixed)]))
}

/// The service measures latencies itself.
struct Routes;

impl Clock for Routes {
    fn latency(&mut self, event: &Event) -> Option<(String, Duration)> {
        match (event.name, &event.args[..]) {
            (REQUEST_DONE, [_, (_, Value::Text(route)), _, (_, Value::Time(latency))]) => {
                Some((route.clone(), *latency))
            }
            _ => None,
        }
    }
}

/// What happened, and the commands that do the same.
fn by_hand(program: &Path, out: &mut impl Write, paint: Paint) -> io::Result<()> {
    let usdt = |words: &str| format!("sudo target/release/usdt {words}");
    let service = quoted(&program.display().to_string());
    writeln!(out, "\n{}", paint.bold("What happened"))?;
    writeln!(
        out,
        "  usdt attached to the file before any process ran it. The service was started, filled and"
    )?;
    writeln!(
        out,
        "  stopped, then started again for the mixed traffic. Everything is stopped and removed now."
    )?;
    writeln!(out, "\n{}", paint.bold("By hand"))?;
    writeln!(out, "  What the program offers:\n      target/release/usdt list {service}")?;
    writeln!(out, "  Start it, and use it:\n      {service} --listen 127.0.0.1:8080 --data /tmp/kv.log")?;
    writeln!(out, "      curl --request PUT --data hello http://127.0.0.1:8080/kv/greeting")?;
    writeln!(out, "      curl http://127.0.0.1:8080/report")?;
    writeln!(out, "  Watch it, before or while it runs; Ctrl-C ends it:")?;
    writeln!(out, "      {}", usdt(&format!("watch {service} 'kv:*' --where 'status >= 400'")))?;
    let latency =
        format!("latency {service} kv:request_start kv:request_done --key id --by route --budget 5ms");
    writeln!(out, "      {}", usdt(&latency))?;
    writeln!(out, "  The same with bpftrace:")?;
    writeln!(out, "      target/release/usdt script bpftrace {service} 'kv:*' > kv.bt && sudo bpftrace kv.bt")
}

#[cfg(test)]
mod tests {
    use super::super::event::Message;
    use super::*;

    #[test]
    fn the_latency_of_an_answered_request_is_an_argument() {
        let line = r#"{"type":"firing","pid":42,"monotonic":7,"provider":"kv","probe":"request_done","args":{"id":3,"route":"/kv/{key}","status":404,"latency":258224}}"#;
        let Some(Message::Fired(event)) = Message::parse(line, &TABLE) else { panic!("{line}") };
        assert_eq!(Routes.latency(&event), Some(("/kv/{key}".to_owned(), Duration::from_nanos(258_224))));
    }
}
