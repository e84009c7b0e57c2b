//! Watches with nothing but the kernel's counters: it costs programs least, and nothing is ever lost.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use usdt_trace::Probe;
use usdt_trace::attach::{AttachError, Counts, Scope};

use super::args::Args;
use super::summary::Summary;
use super::tally::Tally;
use super::{announce, conclude, table};
use crate::ending::Ending;
use crate::follow::{Following, Watcher};
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::terminal::REDRAW;

pub(super) fn run(args: &Args, mut output: Output, interrupt: Interrupt) -> anyhow::Result<ExitCode> {
    let mut following = Following::start_with(&args.target, &args.probes, Counters::default())?;
    announce(args, following.probes().iter().map(|probe| &**probe));
    let mut ending = match Ending::begin(&args.watching, interrupt) {
        Ok(ending) => ending,
        Err(code) => return Ok(code),
    };
    let mut tally = Tally::new(None);
    until_the_end(args, &mut following, &mut ending, &mut tally, &mut output)?;
    let time = ending.elapsed();
    tally.set(&following.watcher().read()?);
    let probes = following.probes().to_vec();
    // Programs are fast again while the rest is said, and CMD waited for.
    drop(following);
    conclude(args, &mut output, &Summary { tally: &tally, seen: None, probes: &probes, time, lost: &[] })?;
    Ok(ending.exit_code()?)
}

fn until_the_end(
    args: &Args,
    following: &mut Following<Counters>,
    ending: &mut Ending,
    tally: &mut Tally,
    output: &mut Output,
) -> anyhow::Result<()> {
    let mut drawn = Instant::now();
    while !(ending.has_come()? || following.is_over() || output.is_abandoned()) {
        std::thread::sleep(ending.patience());
        following.look_again()?;
        if !args.watching.json && drawn.elapsed() >= REDRAW {
            drawn = Instant::now();
            tally.set(&following.watcher().read()?);
            output.redraw(|_, _| table::lines(tally))?;
        }
    }
    Ok(())
}

/// The kernel's counters, and what they count.
#[derive(Debug, Default)]
struct Counters {
    counts: Counts,
    /// In the order in which they were attached; a probe that is watched in several processes is there several times.
    probes: Vec<Arc<Probe>>,
}

impl Counters {
    fn read(&mut self) -> Result<Vec<(Arc<Probe>, u64)>, AttachError> {
        Ok(self.probes.iter().cloned().zip(self.counts.read()?).collect())
    }
}

impl Watcher for Counters {
    fn attach(&mut self, probe: &Arc<Probe>, scope: Scope) -> Result<(), AttachError> {
        self.counts.attach(probe, scope)?;
        self.probes.push(Arc::clone(probe));
        Ok(())
    }
}
