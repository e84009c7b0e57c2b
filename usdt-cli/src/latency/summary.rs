//! The end of it as JSON, and what becomes of it.

use anyhow::bail;

use super::args::Args;
use super::distribution::{Distribution, PERCENTILES};
use super::firing;
use super::measure::Measure;
use super::report::End;
use super::units;
use crate::json::Object;
use crate::processes::Processes;
use usdt_trace::json::Clock;

/// The summary as an object.
pub(super) fn json(
    args: &Args,
    measure: &Measure,
    end: &End,
    clock: &Clock,
    processes: &mut Processes,
) -> String {
    let (odd, open) = (measure.odd(), measure.unfinished(end.now));
    let mut object = Object::new();
    object.text("type", "summary").raw("seconds", &format!("{:.3}", end.seconds));
    times(&mut object, measure.times());
    if let Some(budget) = measure.budget() {
        number(&mut object, "budget", budget);
        number(&mut object, "late", measure.late());
        number(&mut object, "overdue", open.overdue());
    }
    number(&mut object, "unfinished", open.count());
    let oldest = open.0.iter().take(args.unfinished);
    let oldest: Vec<_> =
        oldest.map(|open| firing::unfinished_json(open, end.now, clock, processes)).collect();
    object.raw("oldest", &array(&oldest));
    number(&mut object, "without_start", odd.without_start);
    number(&mut object, "started_again", odd.started_again);
    number(&mut object, "forgotten", odd.forgotten);
    number(&mut object, "without_key", odd.without_key);
    let mut lost = Object::new();
    end.lost.iter().for_each(|one| number(&mut lost, &one.probe.full_name(), one.count));
    object.raw("lost", &lost.end());
    if let Some(table) = measure.table() {
        object.text("by", table.by());
        object.raw("rows", &rows(args, measure));
    }
    object.end()
}

/// An object a row; the one of all others has no value.
fn rows(args: &Args, measure: &Measure) -> String {
    let rows = measure.table().map(|table| table.top(args.sort, args.top)).unwrap_or_default();
    let row = |(value, row): &(Option<&str>, super::table::Row)| {
        let mut object = Object::new();
        match value {
            Some(value) => object.text("value", value),
            None => object.raw("others", "true"),
        };
        times(&mut object, &row.times);
        if measure.budget().is_some() {
            number(&mut object, "late", row.late);
        }
        object.end()
    };
    array(&rows.iter().map(row).collect::<Vec<_>>())
}

fn times(object: &mut Object, times: &Distribution) {
    number(object, "pairs", times.count());
    number(object, "total", times.total());
    for (name, part) in PERCENTILES {
        number(object, name, times.quantile(part));
    }
    number(object, "max", times.longest());
}

fn number(object: &mut Object, key: &str, number: u64) {
    object.raw(key, &number.to_string());
}

fn array(elements: &[String]) -> String {
    format!("[{}]", elements.join(","))
}

/// `--fail-late`: whether every pair was seen, and in time.
///
/// # Errors
///
/// If not: what can't be known is no success.
pub(super) fn judge(measure: &Measure, end: &End) -> anyhow::Result<()> {
    let overdue = measure.unfinished(end.now).overdue();
    let lost: u64 = end.lost.iter().map(|lost| lost.count).sum();
    if measure.late() + overdue > 0 {
        bail!("{} late, {} not done in time", units::count(measure.late()), units::count(overdue));
    }
    if lost + measure.odd().forgotten > 0 {
        bail!("not everything was seen, so there may have been late ones");
    }
    if measure.times().count() == 0 {
        bail!("there was no pair");
    }
    Ok(())
}
