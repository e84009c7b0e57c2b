//! `cargo xtask bench trace`: what it costs a program to be watched by `usdt`, beside bpftrace, and what gets lost.
//!
//! ```text
//! cargo xtask bench trace [--quick] [--write]
//! ```
//!
//! A program fires a number and a text in a loop, and takes the time of each firing itself. Who watches it takes turns.

mod command;
mod program;
mod report;
mod watchers;

use anyhow::{Result, bail};

use super::machine::Machine;
use super::page::{self, Part};
use super::tools::progress;
use command::Watched;
use program::{Pace, Program};
use watchers::Watcher;

/// How long to measure.
#[derive(Clone, Copy)]
struct Effort {
    rounds: usize,
    /// Milliseconds of each round.
    round: u64,
    /// Milliseconds of each run that nothing may be lost in.
    load: u64,
}

const FULL: Effort = Effort { rounds: 9, round: 1000, load: 10_000 };
const QUICK: Effort = Effort { rounds: 3, round: 300, load: 3_000 };

/// What was measured.
struct Results {
    /// Nanoseconds a firing, of each round.
    costs: Vec<(Watcher, Vec<f64>)>,
    /// Milliseconds until it had attached, of each round.
    attaches: Vec<(&'static str, Vec<f64>)>,
    /// Half a million firings a second, then as many as one thread can do, and two.
    loads: Vec<Watched>,
}

/// Measures, and prints or writes it. `words` are the arguments after `bench trace`.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let (mut effort, mut write) = (FULL, false);
    for word in words {
        match word.as_str() {
            "--quick" => effort = QUICK,
            "--write" => write = true,
            _ => bail!("usage: cargo xtask bench trace [--quick] [--write]"),
        }
    }
    let results = measure(effort)?;
    let report = report::Report::new(&results, Machine::describe(&["rustc", "bpftrace"])?);
    print!("{}", report.plain());
    if write { page::write(Part::Trace, &report.markdown()) } else { Ok(()) }
}

fn measure(effort: Effort) -> Result<Results> {
    let program = Program::build()?;
    let mut costs: Vec<(Watcher, Vec<f64>)> =
        Watcher::ALL.iter().map(|&watcher| (watcher, Vec::new())).collect();
    let mut attaches = vec![("usdt watch", Vec::new()), ("bpftrace", Vec::new())];
    for round in 0..effort.rounds {
        progress(&format!("round {} of {}", round + 1, effort.rounds));
        for (watcher, nanos) in &mut costs {
            nanos.push(watcher.cost(&program, effort.round)?);
        }
        attaches[0].1.push(command::attach(&program)?);
        attaches[1].1.push(watchers::attach_bpftrace(&program)?);
    }
    let mut loads = Vec::new();
    for pace in [Pace::Rate(500_000), Pace::Threads(1), Pace::Threads(2)] {
        progress("many firings");
        loads.push(command::watch(&program, &[], pace, effort.load)?);
    }
    Ok(Results { costs, attaches, loads })
}
