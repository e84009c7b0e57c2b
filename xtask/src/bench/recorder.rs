//! `cargo xtask bench recorder`: what a firing costs that is recorded, beside one that a tracer counts, and the recorder's memory.
//!
//! ```text
//! cargo xtask bench recorder [--quick] [--write]
//! ```
//!
//! A program fires one probe in a loop, and takes the time itself. The probes, and who is told of them, take turns.

mod memory;
mod program;
mod report;

use anyhow::{Result, bail, ensure};
use testkit::bpftrace::Bpftrace;

use super::machine::Machine;
use super::page::{self, Part};
use super::tools::progress;
use memory::Memory;
use program::{Fired, Probe, Program};

/// How long to measure.
#[derive(Clone, Copy)]
struct Effort {
    rounds: usize,
    /// Milliseconds of each run.
    run: u64,
}

const FULL: Effort = Effort { rounds: 8, run: 100 };
const QUICK: Effort = Effort { rounds: 3, run: 50 };

/// Who is told of the firings.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    Nobody,
    Recorder,
    /// bpftrace's `count()`.
    Tracer,
}

impl Told {
    const ALL: [Self; 3] = [Self::Nobody, Self::Recorder, Self::Tracer];

    fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Recorder => "the recorder",
            Self::Tracer => "bpftrace: `count()`",
        }
    }

    fn run(self, program: &Program, probe: Probe, threads: u64, millis: u64) -> Result<Fired> {
        match self {
            Self::Nobody => program.run(probe, "off", threads, millis),
            Self::Recorder => program.run(probe, "recorded", threads, millis),
            Self::Tracer => {
                let (file, name) = program.place(probe);
                let bpftrace = Bpftrace::new().usdt(file, name, "@fired = count();").start()?;
                let fired = program.run(probe, "traced", threads, millis)?;
                let counted = bpftrace.finish()?.count("@fired");
                ensure!(counted == fired.count, "bpftrace counted {counted} of {}", fired.count);
                Ok(fired)
            }
        }
    }
}

/// What one probe costs.
struct Row {
    probe: Probe,
    threads: u64,
    told: Told,
    /// Nanoseconds a firing, of each round.
    nanos: Vec<f64>,
}

/// What was measured.
struct Results {
    rows: Vec<Row>,
    /// Nanoseconds that it takes to read the clock, of each round.
    clock: Vec<f64>,
    memory: Vec<Memory>,
}

/// Measures, and prints or writes it. `words` are the arguments after `bench recorder`.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let (mut effort, mut write) = (FULL, false);
    for word in words {
        match word.as_str() {
            "--quick" => effort = QUICK,
            "--write" => write = true,
            _ => bail!("usage: cargo xtask bench recorder [--quick] [--write]"),
        }
    }
    let results = measure(effort)?;
    let report = report::Report::new(&results, Machine::describe(&["rustc", "bpftrace"])?);
    print!("{}", report.plain());
    if write { page::write(Part::Recorder, &report.markdown()) } else { Ok(()) }
}

fn measure(effort: Effort) -> Result<Results> {
    let program = Program::build()?;
    let mut rows = rows();
    let mut clock = Vec::new();
    for round in 0..effort.rounds {
        progress(&format!("round {} of {}", round + 1, effort.rounds));
        for row in &mut rows {
            row.nanos.push(row.told.run(&program, row.probe, row.threads, effort.run)?.nanos);
        }
        clock.push(program.clock(effort.run)?.nanos);
    }
    let memory = memory::OPTIONS.iter().map(|&options| Memory::measure(&program, options));
    Ok(Results { rows, clock, memory: memory.collect::<Result<_>>()? })
}

/// Those that are compared stand, and run, beside each other.
fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for &probe in program::PROBES {
        for threads in [1, 2] {
            let row = |told| Row { probe, threads, told, nanos: Vec::new() };
            rows.extend(Told::ALL.map(row));
        }
    }
    rows
}
