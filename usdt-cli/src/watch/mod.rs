//! `usdt watch`: firings as they happen, or how many there were.
//!
//! A firing goes one way: [`Following`](crate::follow::Following) → the conditions → a [`mod@line`], or its JSON → the [`output`](crate::output); every
//! one that got so far is counted in a [`tally`], which becomes a [`table`] and a [`summary`]. Where nobody asks for more than
//! numbers, the kernel counts, and [`counting`] asks it now and then.

mod args;
mod counting;
mod firings;
mod line;
mod stack;
mod summary;
mod table;
mod tally;

use std::io;
use std::process::ExitCode;

pub(crate) use args::Args;
pub(crate) use line::line;
use summary::Summary;
pub(crate) use summary::firings;
use usdt_trace::Probe;

use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::printable::printable;
use crate::terminal::say;

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    args.check_target()?;
    let output = Output::open(args.watching.output.as_deref())?;
    let interrupt = Interrupt::listen()?;
    if args.is_for_kernel() {
        counting::run(args, output, interrupt)
    } else {
        firings::run(args, output, interrupt)
    }
}

/// How many probes are named one by one.
const MOST_NAMES: usize = 4;

/// Says what is watched.
fn announce<'p>(args: &Args, probes: impl Iterator<Item = &'p Probe>) {
    let mut names: Vec<String> = probes.map(|probe| printable(&probe.full_name()).into_owned()).collect();
    // In several files there may be several of one name.
    names.sort_unstable();
    names.dedup();
    let names = if names.len() > MOST_NAMES { format!("{} probes", names.len()) } else { names.join(", ") };
    if !args.quiet && !names.is_empty() {
        say(&format!("usdt: watching {names}"));
    }
}

/// Says at the end what there is to say, if anybody is there. Losses are said in any case.
fn conclude(args: &Args, output: &mut Output, summary: &Summary<'_>) -> io::Result<()> {
    if output.is_abandoned() {
        return Ok(());
    }
    output.erase();
    if args.watching.json {
        output.line(&summary.json())?;
    } else if args.count {
        table::lines(summary.tally).iter().try_for_each(|line| output.line(line))?;
    }
    output.flush()?;
    let lines =
        if args.quiet || args.count { summary.losses().into_iter().collect() } else { summary.lines() };
    lines.iter().for_each(|line| say(line));
    Ok(())
}
