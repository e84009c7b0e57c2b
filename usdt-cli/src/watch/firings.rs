//! Watches with all that firings carry.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use usdt_trace::symbols::Symbols;
use usdt_trace::{Event, Probe};

use super::args::Args;
use super::line::line;
use super::stack;
use super::summary::Summary;
use super::tally::Tally;
use super::{announce, conclude, table};
use crate::condition::Name;
use crate::ending::Ending;
use crate::follow::Following;
use crate::interrupt::Interrupt;
use crate::json;
use crate::output::Output;
use crate::printable::printable;
use crate::processes::Processes;
use crate::terminal::REDRAW;
use usdt_trace::json::Clock;

pub(super) fn run(args: &Args, output: Output, interrupt: Interrupt) -> anyhow::Result<ExitCode> {
    let mut following = Following::start(&args.target, &args.probes, args.options())?;
    let mut watch = Watch::new(args, output);
    watch.check(following.probes())?;
    announce(args, following.probes().iter().map(|probe| &**probe));
    let mut ending = match Ending::begin(&args.watching, interrupt) {
        Ok(ending) => ending,
        Err(code) => return Ok(code),
    };
    if let Some(pid) = ending.pid() {
        watch.processes.expect(pid);
    }
    watch.until_the_end(&mut following, &mut ending)?;
    let time = ending.elapsed();
    let probes = following.probes().to_vec();
    let (rest, lost) = following.stop()?;
    watch.take(&rest)?;
    let seen = (!args.watching.conditions.is_empty()).then_some(watch.seen);
    conclude(
        args,
        &mut watch.output,
        &Summary { tally: &watch.tally, seen, probes: &probes, time, lost: &lost },
    )?;
    Ok(ending.exit_code()?)
}

struct Watch<'a> {
    args: &'a Args,
    output: Output,
    clock: Clock,
    processes: Processes,
    symbols: Symbols,
    /// What was shown or counted.
    tally: Tally,
    /// How many of those there were.
    taken: u64,
    /// How many firings there were, whether they met the conditions or not.
    seen: u64,
    /// Whether names on the command line were compared with the probes.
    is_checked: bool,
    drawn: Instant,
}

impl<'a> Watch<'a> {
    fn new(args: &'a Args, output: Output) -> Watch<'a> {
        Watch {
            args,
            output,
            clock: Clock::new(),
            processes: Processes::default(),
            symbols: Symbols::new(),
            tally: Tally::new(args.by.clone()),
            taken: 0,
            seen: 0,
            is_checked: false,
            drawn: Instant::now(),
        }
    }

    /// Whether the names on the command line are there; to be asked again while there are no probes yet.
    fn check(&mut self, probes: &[Arc<Probe>]) -> anyhow::Result<()> {
        if self.is_checked || probes.is_empty() {
            return Ok(());
        }
        self.is_checked = true;
        for condition in &self.args.watching.conditions {
            condition
                .check(probes, &self.args.watching.texts)
                .map_err(|error| anyhow!("--where: {error}"))?;
        }
        for (option, name) in self.args.watching.names(self.args.by.as_ref()) {
            if !probes.iter().any(|probe| name.is_in(probe)) {
                let names = Name::all(probes.iter().map(|probe| &**probe));
                bail!(
                    "{option}: there is no argument `{}`; there are {}",
                    printable(&name.to_string()),
                    printable(&names)
                );
            }
        }
        Ok(())
    }

    fn until_the_end(&mut self, following: &mut Following, ending: &mut Ending) -> anyhow::Result<()> {
        loop {
            // Asked before the firings are read: those that came before the end are read then.
            let over = ending.has_come()? || following.is_over();
            let events = following.wait(if over { Duration::ZERO } else { ending.patience() })?;
            self.check(following.probes())?;
            self.take(&events)?;
            self.show()?;
            if over || self.is_enough() || self.output.is_abandoned() {
                return Ok(());
            }
        }
    }

    /// Takes firings that are wanted; none any more once there were enough.
    fn take(&mut self, events: &[Event]) -> io::Result<()> {
        for event in events {
            if self.is_enough() {
                break;
            }
            let process = self.processes.name(event.pid);
            self.seen += 1;
            if !self.args.watching.conditions.iter().all(|condition| condition.matches(event, process)) {
                continue;
            }
            self.taken += 1;
            self.tally.add(event, process);
            if self.args.count {
                continue;
            }
            let frames = self.args.stack.then(|| self.symbols.frames(event));
            if self.args.watching.json {
                let mut object = json::typed_object(event, process, &self.clock);
                if let Some(frames) = &frames {
                    object.raw("stack", &stack::json(frames));
                }
                self.output.line(&object.end())?;
            } else {
                self.output.line(&line(event, process, &self.clock))?;
                for frame in frames.iter().flatten() {
                    self.output.line(&stack::line(frame))?;
                }
            }
        }
        Ok(())
    }

    fn is_enough(&self) -> bool {
        self.args.watching.max.is_some_and(|max| self.taken >= max)
    }

    /// Brings what was taken to the eyes of people.
    fn show(&mut self) -> io::Result<()> {
        self.clock.adjust();
        if !self.args.count {
            return self.output.flush();
        }
        if !self.args.watching.json && self.drawn.elapsed() >= REDRAW {
            self.drawn = Instant::now();
            self.output.redraw(|_, _| table::lines(&self.tally))?;
        }
        Ok(())
    }
}
