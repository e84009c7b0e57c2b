//! What is said of the pairs: while they are measured, and at the end.

use usdt_trace::{Lost, Time};

use super::args::Args;
use super::distribution::{Distribution, PERCENTILES};
use super::firing;
use super::measure::Measure;
use super::unfinished::Unfinished;
use super::{histogram, table, units};
use crate::processes::Processes;
use crate::terminal::{BAD, FAINT, STRONG, paint};

/// The width where nobody says how wide it is.
const WIDTH: usize = 100;
/// Rows of the histogram at the end.
const ROWS: usize = 24;
/// The fewest rows of a histogram that are worth their place.
const ROWS_FEWEST: usize = 4;

/// Everything besides the pairs that is told at the end.
#[derive(Debug)]
pub(super) struct End {
    /// How long it was measured.
    pub(super) seconds: f64,
    pub(super) now: Time,
    pub(super) lost: Vec<Lost>,
}

/// The live part, made for so many columns and lines.
pub(super) fn live(args: &Args, measure: &Measure, seconds: f64, width: usize, height: usize) -> Vec<String> {
    let mut below = vec![String::new()];
    below.extend(summary(measure.times(), seconds));
    below.extend(late(measure, 0));
    if let Some(table) = rows(args, measure, width).filter(|table| 2 * table.len() < height) {
        below.push(String::new());
        below.extend(table);
    }
    let rows = height.saturating_sub(below.len()).clamp(ROWS_FEWEST, ROWS);
    let mut lines = histogram::render(measure.times(), measure.budget(), width, rows);
    lines.extend(below);
    lines
}

/// All of it.
pub(super) fn end(
    args: &Args,
    measure: &Measure,
    end: &End,
    width: Option<usize>,
    processes: &mut Processes,
) -> Vec<String> {
    let width = width.unwrap_or(WIDTH);
    let mut lines = histogram::render(measure.times(), measure.budget(), width, ROWS);
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(summary(measure.times(), end.seconds));
    if let Some(table) = rows(args, measure, width) {
        lines.push(String::new());
        lines.extend(table);
    }
    let open = measure.unfinished(end.now);
    let late = late(measure, open.overdue());
    let unfinished = unfinished(args.unfinished, &open, end.now, processes);
    let odd = odd(measure);
    for part in [late.into_iter().collect(), unfinished, odd, lost(&end.lost)] {
        if !part.is_empty() {
            lines.push(String::new());
            lines.extend(part);
        }
    }
    lines
}

/// `1,234 pairs in 12.1s, 102/s`, and the percentiles.
fn summary(times: &Distribution, seconds: f64) -> Vec<String> {
    let count = times.count();
    if count == 0 {
        return vec![format!("  no pairs in {seconds:.1}s")];
    }
    let pairs = format!("{} in {seconds:.1}s", plural(count, "pair"));
    let rate = paint(FAINT, units::rate(count, seconds));
    let ends = PERCENTILES.iter().map(|(name, part)| (*name, times.quantile(*part)));
    let percentiles = ends.chain([("max", times.longest())]);
    let percentiles =
        percentiles.map(|(name, nanos)| format!("  {} {}", paint(FAINT, name), units::time(nanos)));
    vec![format!("  {}  {rate}", paint(STRONG, pairs)), percentiles.collect()]
}

fn rows(args: &Args, measure: &Measure, width: usize) -> Option<Vec<String>> {
    let table = measure.table()?;
    let rows = table.top(args.sort, args.top);
    (!rows.is_empty()).then(|| table::render(table.by(), &rows, measure.budget().is_some(), width))
}

/// How many were late. Those that are overdue will be, whenever they are done.
fn late(measure: &Measure, overdue: u64) -> Option<String> {
    let budget = units::limit(measure.budget()?);
    let (late, all) = (measure.late(), measure.times().count());
    let mut line = format!(
        "  {} of {} ({}) took longer than {budget}",
        units::count(late),
        plural(all, "pair"),
        units::share(late, all)
    );
    if overdue > 0 {
        line.push_str(&format!(", and {} not done in time", units::count(overdue)));
    }
    Some(if late + overdue > 0 { paint(BAD, line) } else { line })
}

fn unfinished(most: usize, open: &Unfinished, now: Time, processes: &mut Processes) -> Vec<String> {
    let count = open.count();
    if count == 0 {
        return Vec::new();
    }
    let shown = match most as u64 {
        0 => String::new(),
        most if count > most => format!("; the oldest {most}:"),
        _ => ":".to_owned(),
    };
    let mut lines = vec![format!("  {} started and not done{shown}", units::count(count))];
    lines.extend(open.0.iter().take(most).map(|open| firing::unfinished(open, now, processes)));
    lines
}

fn odd(measure: &Measure) -> Vec<String> {
    let odd = measure.odd();
    let says = [
        (odd.without_start, "done without a start: it was before tracing began, or was not seen"),
        (odd.started_again, "started again with the same key before they were done; only the last counts"),
        (odd.forgotten, "open starts forgotten: there were too many at a time"),
        (odd.without_key, "firings without a key that could be read, and so in no pair"),
    ];
    let said = says.into_iter().filter(|(count, _)| *count > 0);
    said.map(|(count, text)| paint(FAINT, format!("  {} {text}", units::count(count)))).collect()
}

/// Where firings were lost, all of the above may be wrong.
fn lost(lost: &[Lost]) -> Vec<String> {
    let mut lines = Vec::new();
    for lost in lost.iter().filter(|lost| lost.count > 0) {
        let name = crate::printable::printable(&lost.probe.full_name()).into_owned();
        lines.push(paint(BAD, format!("  {} of {name} lost", plural(lost.count, "firing"))));
    }
    if !lines.is_empty() {
        lines.push(paint(
            BAD,
            "  Pairs are missing, and a start may have got the done of another: don't trust these times.",
        ));
    }
    lines
}

fn plural(count: u64, of: &str) -> String {
    format!("{} {of}{}", units::count(count), if count == 1 { "" } else { "s" })
}
