//! `cargo xtask demo`: a service in Rust.
//!
//! The tracer attaches to the program's file before the program runs, so it sees every firing of every process that runs it.
//! The demo holds it to that: it counts the requests that it sends, and fails if the tracer saw another number.

mod http;
mod process;
mod table;
mod traffic;

use std::io::{self, Write, stdout};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::driver::Driver;
use super::event::{Event, Value};
use super::paint::Paint;
use super::report::{self, Outcome, Sent, quoted};
use super::scratch::Scratch;
use super::stop::Stop;
use super::tracer::Tracer;
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
        None => {
            println!("building the service (release)");
            process::build()?
        }
    };
    if !rustix::process::geteuid().is_root() {
        let again = report::as_root(&["demo", "--service", &program.display().to_string()])?;
        bail!("only root may attach bpftrace. Type this:\n\n    {again}\n");
    }
    crate::setup::bpftrace()?;
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
    println!("attaching bpftrace to {}", program.display());
    let tracer = Tracer::attach(program, &TABLE, stop)?;
    println!("attached to {} probes; the service does not run yet. Now it starts:\n", TABLE.probes.len());
    let service = Service { program: program.to_owned(), data: scratch.path("kv.log") };
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
    writeln!(out, "\n{}", paint.bold("What happened"))?;
    writeln!(
        out,
        "  bpftrace attached to the file before any process ran it. The service was started, filled and"
    )?;
    writeln!(
        out,
        "  stopped, then started again for the mixed traffic. Everything is stopped and removed now."
    )?;
    writeln!(out, "\n{}", paint.bold("By hand"))?;
    writeln!(out, "  What the program offers:\n      sudo bpftrace -l {}", report::probe(program, "*"))?;
    let service = quoted(&program.display().to_string());
    writeln!(out, "  Start it, and use it:\n      {service} --listen 127.0.0.1:8080 --data /tmp/kv.log")?;
    writeln!(out, "      curl --request PUT --data hello http://127.0.0.1:8080/kv/greeting")?;
    writeln!(out, "      curl http://127.0.0.1:8080/report")?;
    let clause = "kv:request_done { @us[str(arg1)] = hist(arg3 / 1000); }";
    writeln!(out, "  Watch it, before or while it runs; Ctrl-C shows the histogram:")?;
    writeln!(out, "      sudo bpftrace -e {}", report::probe(program, clause))
}

#[cfg(test)]
mod tests {
    use super::super::event::Message;
    use super::*;

    #[test]
    fn the_latency_of_an_answered_request_is_an_argument() {
        let line = r#"{"type": "printf", "data": "request_done\t42\t7\t3\t/kv/{key}\t404\t258224\n"}"#;
        let Some(Message::Fired(event)) = Message::parse(line, &TABLE) else { panic!("{line}") };
        assert_eq!(Routes.latency(&event), Some(("/kv/{key}".to_owned(), Duration::from_nanos(258_224))));
    }
}
