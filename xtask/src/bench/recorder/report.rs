//! The figures as tables, and as the part of `docs/benchmarks.md` that is about the recorder.

use super::super::machine::Machine;
use super::super::page::RECORDER;
use super::super::timing::Spread;
use super::{Results, Row, Told};
use crate::table::Table;

pub(super) struct Report {
    machine: Machine,
    tables: Vec<Table>,
}

const INTRODUCTION: &str = "\
What it costs a program to keep its last firings in its own memory. `cargo xtask bench recorder --write` measures it anew and
writes this part of the page.

A program fires one probe in a loop: one that was written into it, or one (*at run time*) of a provider that it defines while it
runs. In each round all rows take turns. The recorder has its default options; bpftrace has attached by path, and has counted every firing, or there would be no table. **The fastest
round is what counts.**
";

const COSTS: &str = "Nanoseconds that a firing takes its thread, the loop around it included. *of bpftrace's* compares the fastest rounds.";
const MEMORY: &str = "KiB: what the recorder adds to the address space, and how much of that is memory when it was started, and when the \
                      ring has come round once. Pages that nothing was written to cost nothing.";

impl Report {
    pub(super) fn new(results: &Results, machine: Machine) -> Self {
        Self { machine, tables: vec![costs(results), memory(results)] }
    }

    pub(super) fn plain(&self) -> String {
        self.machine.plain() + &self.tables.iter().map(Table::plain).collect::<String>()
    }

    pub(super) fn markdown(&self) -> String {
        let head = format!("{RECORDER}\n{INTRODUCTION}\n{}", self.machine.markdown());
        self.tables.iter().map(Table::markdown).fold(head, |page, table| page + "\n" + &table)
    }
}

fn costs(results: &Results) -> Table {
    let row = |row: &Row| {
        let is_counted =
            |other: &&Row| (other.probe, other.threads, other.told) == (row.probe, row.threads, Told::Tracer);
        let counted = results.rows.iter().find(is_counted).map_or(f64::NAN, |row| of(&row.nanos).min);
        let mut cells = vec![row.probe.title.to_owned(), row.threads.to_string(), row.told.name().to_owned()];
        cells.extend(cells_of(&row.nanos));
        cells.push(format!("{:.3}", of(&row.nanos).min / counted));
        cells
    };
    let mut clock = vec!["reading the clock".to_owned(), "1".to_owned(), String::new()];
    clock.extend(cells_of(&results.clock));
    clock.push(String::new());
    Table {
        title: "What recording costs",
        note: COSTS,
        head: vec!["arguments", "threads", "who is told", "ns", "median", "p90", "of bpftrace's"],
        rows: results.rows.iter().map(row).chain([clock]).collect(),
    }
}

fn memory(results: &Results) -> Table {
    let row = |it: &super::Memory| {
        let (firings, size) = it.options;
        [firings as u64, size as u64, it.mapped, it.started, it.full].map(|cell| cell.to_string()).to_vec()
    };
    Table {
        title: "The recorder's memory",
        note: MEMORY,
        head: vec!["firings", "bytes of each", "address space", "started", "full"],
        rows: results.memory.iter().map(row).collect(),
    }
}

fn of(nanos: &[f64]) -> Spread {
    Spread::of_each(nanos.to_vec())
}

fn cells_of(nanos: &[f64]) -> [String; 3] {
    let Spread { min, median, p90 } = of(nanos);
    [min, median, p90].map(|value| if value < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") })
}
