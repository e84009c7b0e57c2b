//! Firings in, measurements out: what is paired, wanted, late, and how it is counted.

use std::sync::Arc;

use anyhow::anyhow;
use usdt_trace::{Event, Probe, Read, Time, Value};

use super::args::Args;
use super::conditions::Conditions;
use super::distribution::Distribution;
use super::joined::Joined;
use super::names;
use super::pairs::{Limits, Odd, Pair, Pairs};
use super::table::Table;
use super::unfinished::{Ended, Open, Unfinished};
use crate::condition::Name;
use crate::picture::Heat;
use crate::printable::{self, printable};
use crate::processes::Processes;
use crate::select::Pattern;

/// All that is known of the pairs until now.
#[derive(Debug)]
pub(super) struct Measure {
    start: Pattern,
    done: Pattern,
    title: String,
    conditions: Conditions,
    by: Option<Name>,
    budget: Option<u64>,
    across: bool,
    pairs: Pairs,
    joined: Joined,
    times: Distribution,
    late: u64,
    table: Option<Table>,
    heat: Heat,
}

/// A pair that was counted.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) pair: Pair,
    /// How much longer than the budget it took, in nanoseconds.
    pub(super) late: Option<u64>,
}

impl Measure {
    /// Begins now.
    pub(super) fn new(args: &Args, now: Time) -> Measure {
        Measure {
            start: args.start.clone(),
            done: args.done.clone(),
            title: format!("{} → {}", args.start.as_str(), args.done.as_str()),
            conditions: Conditions::default(),
            by: args.by.clone(),
            budget: args.budget_nanos(),
            across: args.across,
            pairs: Pairs::new(args.paired_by(), Limits::default()),
            joined: Joined::default(),
            times: Distribution::new(),
            late: 0,
            table: args.by.as_ref().map(|by| Table::new(&printable(&by.to_string()))),
            heat: Heat::new(now),
        }
    }

    /// Takes note of what is watched; to be told before it fires. Names on the command line are checked against it.
    pub(super) fn learn(&mut self, args: &Args, probes: &[Arc<Probe>]) -> anyhow::Result<()> {
        let of = |pattern: &Pattern| -> Vec<Arc<Probe>> {
            probes.iter().filter(|probe| pattern.matches(probe)).cloned().collect()
        };
        let (starts, dones) = (of(&args.start), of(&args.done));
        names::check(args, &starts, &dones)?;
        self.conditions = Conditions::new(&args.watching.conditions, &args.watching.texts, &starts, &dones)
            .map_err(|error| anyhow!("--where: {error}"))?;
        self.title = format!("{} → {}", name(&args.start, &starts), name(&args.done, &dones));
        Ok(())
    }

    /// Takes a firing; gives the pair that it ends, if that is wanted.
    ///
    /// A probe that is both ends a pair and begins the next.
    pub(super) fn take(&mut self, event: &Event, processes: &mut Processes) -> Option<Finished> {
        let pair = if self.done.matches(&event.probe) { self.pairs.done(event) } else { None };
        if self.start.matches(&event.probe) {
            let wanted = self.conditions.want_start(event, processes.name(event.pid));
            self.pairs.start(event, wanted);
        }
        self.count(pair?, processes)
    }

    fn count(&mut self, pair: Pair, processes: &mut Processes) -> Option<Finished> {
        let nanos = pair.nanos();
        let late = self.budget.and_then(|budget| nanos.checked_sub(budget)).filter(|over| *over > 0);
        if self.by.is_some() || self.conditions.need_pairs() {
            let joined = self.joined.event(&pair);
            let comm = processes.name(joined.pid);
            if !self.conditions.want_pair(&joined, comm) {
                return None;
            }
            if let (Some(table), Some(name)) = (&mut self.table, &self.by) {
                table.add(label(name.read(&joined, comm).as_ref()), nanos, late.is_some());
            }
        }
        self.times.add(nanos);
        self.heat.add(pair.done.time, nanos);
        self.late += u64::from(late.is_some());
        Some(Finished { pair, late })
    }

    /// What is measured.
    pub(super) fn title(&self) -> &str {
        &self.title
    }

    pub(super) fn times(&self) -> &Distribution {
        &self.times
    }

    pub(super) fn budget(&self) -> Option<u64> {
        self.budget
    }

    pub(super) fn late(&self) -> u64 {
        self.late
    }

    pub(super) fn table(&self) -> Option<&Table> {
        self.table.as_ref()
    }

    pub(super) fn heat(&self) -> &Heat {
        &self.heat
    }

    /// Whether what is not done is late already, or will never be done since its process is `gone`. The last firing of a probe
    /// that is both start and done has no next one, and that is nobody's fault.
    fn is_overdue(&self, start: &Event, now: Time, gone: bool) -> bool {
        let Some(budget) = self.budget else { return false };
        if gone { !self.done.matches(&start.probe) } else { now.since(start.time).as_nanos() > budget.into() }
    }

    /// What is not done, at the end.
    pub(super) fn unfinished(&self, now: Time) -> Unfinished<'_> {
        let mut ended = Ended::default();
        let open = self.pairs.unfinished().map(|start| {
            // Another process may still be done with it.
            let gone = !self.across && ended.has(start.pid);
            Open { start, gone, overdue: self.is_overdue(start, now, gone) }
        });
        Unfinished(open.collect())
    }

    /// What was seen that is no pair.
    pub(super) fn odd(&self) -> Odd {
        self.pairs.odd()
    }
}

/// The probe's whole name; the pattern, where that means several.
fn name(pattern: &Pattern, probes: &[Arc<Probe>]) -> String {
    let first = probes.first().map(|probe| probe.full_name());
    let only = first.filter(|first| probes.iter().all(|probe| probe.full_name() == *first));
    printable(&only.unwrap_or_else(|| pattern.as_str().to_owned())).into_owned()
}

/// A value as the label of a row: text without its quotes.
fn label(read: Option<&Read>) -> String {
    match read {
        Some(Read { value: Value::Text(text), .. }) => printable(text).into_owned(),
        Some(read) => printable::read(read),
        None => "(no such argument)".to_owned(),
    }
}
