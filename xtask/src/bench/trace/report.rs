//! The figures as tables, and as the part of `docs/benchmarks.md` that is about watching.

use super::super::goals::{self, Goal};
use super::super::machine::Machine;
use super::super::page::TRACE;
use super::Results;
use super::program::Fired;
use super::watchers::Watcher;
use crate::table::Table;

pub(super) struct Report {
    machine: Machine,
    tables: Vec<Table>,
}

const INTRODUCTION: &str = "\
What it costs a program to be watched by `usdt`, beside bpftrace. `cargo xtask bench trace --write` measures it anew and writes
this part of the page.

A program fires a number and a text of 23 bytes in a loop. In each round it runs once for each who watches, so that all have the
same machine. Every firing was shown, or counted as lost, or there would be no table.
";

const COSTS: &str = "Nanoseconds that a firing takes the program, in a loop without a pause.";
const LOADS: &str = "`usdt watch --json` with the default buffers of 8 MiB a processor, its lines thrown away. One thread fires half a \
                     million times a second, then as fast as it can, then two do: on two processors these leave the command \
                     hardly any time. What is lost is counted: shown and lost are what was fired, or there would be no table. \
                     The memory is the most that the command had, without the buffers, which are the kernel's.";
const ATTACHES: &str = "Milliseconds from the start of the command until it has attached to one probe.";

impl Report {
    pub(super) fn new(results: &Results, machine: Machine) -> Self {
        let goals = goals_of(results);
        let tables = [costs(results), attaches(results), loads(results)];
        Self {
            machine,
            tables: goals::table("Goals of watching", &goals).into_iter().chain(tables).collect(),
        }
    }

    pub(super) fn plain(&self) -> String {
        self.machine.plain() + &self.tables.iter().map(Table::plain).collect::<String>()
    }

    pub(super) fn markdown(&self) -> String {
        let head = format!("{TRACE}\n{INTRODUCTION}\n{}", self.machine.markdown());
        self.tables.iter().map(Table::markdown).fold(head, |page, table| page + "\n" + &table)
    }
}

fn goals_of(results: &Results) -> Vec<Goal> {
    let least_of = |watcher: Watcher| {
        let of = results.costs.iter().find(|(other, _)| *other == watcher);
        of.map_or(f64::NAN, |(_, nanos)| least(nanos))
    };
    let (shows, printf) = (least_of(Watcher::UsdtShows), least_of(Watcher::BpftraceShows));
    let attach = median(&results.attaches[0].1);
    let lost = results.loads[0].lost;
    vec![
        Goal::new(
            "a number and a text cost at most a fifth of bpftrace's `printf`".to_owned(),
            format!("{shows:.0} ns: 1/{:.1} of {printf:.0} ns", printf / shows),
            shows * 5.0 <= printf,
        ),
        Goal::new(
            "nothing is lost at 500,000 firings a second".to_owned(),
            format!("{lost} lost at {}", rate(&results.loads[0].fired)),
            lost == 0 && results.loads[0].fired.rate > 490_000.0,
        ),
        Goal::new(
            "attached in less than 100 ms".to_owned(),
            format!("{attach:.0} ms in the median"),
            attach < 100.0,
        ),
    ]
}

fn costs(results: &Results) -> Table {
    let printf = results.costs.iter().find(|(watcher, _)| *watcher == Watcher::BpftraceShows);
    let printf = printf.map_or(f64::NAN, |(_, nanos)| least(nanos));
    let row = |(watcher, nanos): &(Watcher, Vec<f64>)| {
        let mut row = vec![watcher.name().to_owned()];
        row.extend(spread(nanos));
        row.push(format!("{:.3}", least(nanos) / printf));
        row
    };
    Table {
        title: "What being watched costs",
        note: COSTS,
        head: vec!["who watches", "least", "median", "most", "of bpftrace's `printf`"],
        rows: results.costs.iter().map(row).collect(),
    }
}

fn attaches(results: &Results) -> Table {
    let row = |(name, millis): &(&'static str, Vec<f64>)| {
        let mut row = vec![(*name).to_owned()];
        row.extend(spread(millis));
        row
    };
    Table {
        title: "Attaching",
        note: ATTACHES,
        head: vec!["", "least", "median", "most"],
        rows: results.attaches.iter().map(row).collect(),
    }
}

fn loads(results: &Results) -> Table {
    let row = |run: &super::Watched| {
        let [fired, shown, lost] = [run.fired.count, run.shown, run.lost].map(|number| number.to_string());
        vec![rate(&run.fired), fired, shown, lost, format!("{:.1} MiB", run.memory)]
    };
    Table {
        title: "Many firings",
        note: LOADS,
        head: vec!["fired a second", "fired", "shown", "lost", "memory"],
        rows: results.loads.iter().map(row).collect(),
    }
}

fn rate(fired: &Fired) -> String {
    format!("{:.0}", fired.rate)
}

fn spread(values: &[f64]) -> [String; 3] {
    let most = values.iter().copied().fold(f64::MIN, f64::max);
    [least(values), median(values), most].map(|value| format!("{value:.0}"))
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::MAX, f64::min)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
