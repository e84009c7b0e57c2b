//! `usdt latency`, from the first firing to the exit code.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use usdt_trace::{Event, Lost, Time};

use super::args::Args;
use super::measure::{Finished, Measure};
use super::report::{self, End};
use super::{draw, firing, summary};
use crate::ending::Ending;
use crate::follow::Following;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::picture::Destination;
use crate::processes::Processes;
use crate::terminal::REDRAW;
use usdt_trace::json::Clock;

/// A measurement under way.
struct Run<'a> {
    args: &'a Args,
    measure: Measure,
    output: Output,
    clock: Clock,
    processes: Processes,
    began_at: Time,
    /// How many probes are watched.
    known: usize,
    /// When the pair that was the last wanted one was done.
    complete: Option<Time>,
    drawn: Option<Instant>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let destination = args.svg.as_deref().map(Destination::new).transpose()?;
    let output = Output::open(args.watching.output.as_deref())?;
    let interrupt = Interrupt::listen()?;
    let patterns = [args.start.clone(), args.done.clone()];
    let following = Following::start(&args.target, &patterns, args.watching.options())?;
    let mut run = Run::new(args, output);
    run.learn(&following)?;
    let ending = match Ending::begin(&args.watching, interrupt) {
        Ok(ending) => ending,
        Err(code) => return Ok(code),
    };
    if let Some(pid) = ending.pid() {
        run.processes.expect(pid);
    }
    run.measure(following, ending, destination.as_ref())
}

impl<'a> Run<'a> {
    fn new(args: &'a Args, output: Output) -> Run<'a> {
        let began_at = now();
        Run {
            args,
            measure: Measure::new(args, began_at),
            output,
            clock: Clock::new(),
            processes: Processes::default(),
            began_at,
            known: 0,
            complete: None,
            drawn: None,
        }
    }

    /// Measures, and tells what came of it.
    fn measure(
        &mut self,
        mut following: Following,
        mut ending: Ending,
        destination: Option<&Destination>,
    ) -> anyhow::Result<ExitCode> {
        self.until_the_end(&mut following, &mut ending)?;
        let ended = now();
        let (rest, lost) = following.stop()?;
        self.take(&rest)?;
        let end = self.end(ended, lost);
        if let Some(destination) = destination {
            destination.write(&draw::svg(&self.measure, self.began_at, end.now, &self.clock))?;
        }
        self.tell_the_end(&end)?;
        let code = ending.exit_code()?;
        if self.args.fail_late && code == ExitCode::SUCCESS {
            summary::judge(&self.measure, &end)?;
        }
        Ok(code)
    }

    /// Takes note of probes that have come.
    fn learn(&mut self, following: &Following) -> anyhow::Result<()> {
        let probes = following.probes();
        if probes.len() != self.known {
            self.known = probes.len();
            self.measure.learn(self.args, probes)?;
        }
        Ok(())
    }

    /// Measures until it is time to end.
    fn until_the_end(&mut self, following: &mut Following, ending: &mut Ending) -> anyhow::Result<()> {
        loop {
            // Asked before the firings are read: those that came before the end are still to be read then.
            let over = ending.has_come()? || following.is_over();
            let events = following.wait(if over { Duration::ZERO } else { ending.patience() })?;
            self.learn(following)?;
            self.take(&events)?;
            if over || self.complete.is_some() || self.output.is_abandoned() {
                return Ok(());
            }
            // CMD may write to the terminal as well.
            if ending.pid().is_none() {
                self.draw(ending.elapsed())?;
            }
            self.output.flush()?;
        }
    }

    fn take(&mut self, events: &[Event]) -> anyhow::Result<()> {
        for event in events {
            if self.complete.is_some() {
                break;
            }
            if let Some(finished) = self.measure.take(event, &mut self.processes) {
                self.tell(&finished)?;
                let is_last = self.args.watching.max == Some(self.measure.times().count());
                self.complete = is_last.then_some(finished.pair.done.time);
            }
        }
        Ok(())
    }

    /// Tells of a pair as it happens.
    fn tell(&mut self, finished: &Finished) -> io::Result<()> {
        let line = match finished.late {
            _ if self.args.watching.json => firing::pair_json(finished, &self.clock, &mut self.processes),
            Some(over) => firing::late(finished, over, &self.clock, &mut self.processes),
            None => return Ok(()),
        };
        self.output.line(&line)
    }

    /// Draws the live part, if it is time to.
    fn draw(&mut self, elapsed: Duration) -> io::Result<()> {
        let Run { args, measure, output, clock, drawn, .. } = self;
        if args.watching.json || drawn.is_some_and(|drawn| drawn.elapsed() < REDRAW) {
            return Ok(());
        }
        *drawn = Some(Instant::now());
        clock.adjust();
        output.redraw(|width, height| report::live(args, measure, elapsed.as_secs_f64(), width, height))
    }

    fn end(&self, ended: Time, lost: Vec<Lost>) -> End {
        let now = self.complete.unwrap_or(ended);
        End { seconds: now.since(self.began_at).as_secs_f64(), now, lost }
    }

    fn tell_the_end(&mut self, end: &End) -> io::Result<()> {
        let Run { args, measure, output, clock, processes, .. } = self;
        output.erase();
        let lines = match args.watching.json {
            true => vec![summary::json(args, measure, end, clock, processes)],
            false => report::end(args, measure, end, output.width(), processes),
        };
        lines.iter().try_for_each(|line| output.line(line))?;
        output.flush()
    }
}

/// The moment that it is, by the clock of firings.
fn now() -> Time {
    let time = clock_gettime(ClockId::Monotonic);
    // The clock begins at 0, and has room for centuries.
    Time(u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).unwrap_or(0))
}
