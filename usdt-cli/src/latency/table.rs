//! Times by the value of an argument: a row for each of the first values, and one for all others.

use std::collections::HashMap;

use super::distribution::{Distribution, PERCENTILES};
use super::units;
use crate::terminal::{BAD, FAINT, NAME, paint};
use crate::width::{cut, padded, wide};

/// How many values have a row of their own; those that come later share one.
const ROWS_MOST: usize = 512;

/// The most columns of a value that are shown.
const LABEL_MOST: usize = 60;

/// What the rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Order {
    /// The time of all pairs together: where the time goes.
    #[default]
    Total,
    /// How many pairs there were.
    Count,
    /// The longest pair.
    Max,
}

/// Times by a value.
#[derive(Debug)]
pub(crate) struct Table {
    /// The argument's name.
    by: String,
    rows: HashMap<String, Row>,
    /// Values that came when there were rows enough.
    rest: Row,
}

/// Times of one value.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) times: Distribution,
    pub(crate) late: u64,
}

impl Table {
    pub(crate) fn new(by: &str) -> Table {
        Table { by: by.to_owned(), rows: HashMap::new(), rest: Row::new() }
    }

    pub(crate) fn by(&self) -> &str {
        &self.by
    }

    pub(crate) fn add(&mut self, value: String, nanos: u64, late: bool) {
        let row = match self.rows.len() < ROWS_MOST {
            true => self.rows.entry(value).or_insert_with(Row::new),
            false => self.rows.get_mut(&value).unwrap_or(&mut self.rest),
        };
        row.times.add(nanos);
        row.late += u64::from(late);
    }

    /// The first rows in that order, and all others in one (`None` in the place of the value).
    pub(crate) fn top(&self, order: Order, most: usize) -> Vec<(Option<&str>, Row)> {
        let mut rows: Vec<(&String, &Row)> = self.rows.iter().collect();
        rows.sort_by(|(a_value, a), (b_value, b)| {
            order.rank(b).cmp(&order.rank(a)).then_with(|| a_value.cmp(b_value))
        });
        let (shown, hidden) = rows.split_at(most.min(rows.len()));
        let mut others = self.rest.clone();
        hidden.iter().for_each(|(_, row)| others.merge(row));
        let mut top: Vec<_> =
            shown.iter().map(|(value, row)| (Some(value.as_str()), (*row).clone())).collect();
        if others.times.count() > 0 {
            top.push((None, others));
        }
        top
    }
}

impl Order {
    fn rank(self, row: &Row) -> u64 {
        match self {
            Order::Total => row.times.total(),
            Order::Count => row.times.count(),
            Order::Max => row.times.longest(),
        }
    }
}

impl Row {
    fn new() -> Row {
        Row { times: Distribution::new(), late: 0 }
    }

    fn merge(&mut self, other: &Row) {
        self.times.merge(&other.times);
        self.late += other.late;
    }
}

/// The table as lines; the values are cut so that it fits the width.
pub(super) fn render(by: &str, rows: &[(Option<&str>, Row)], with_late: bool, width: usize) -> Vec<String> {
    let mut heads = vec!["count", "total"];
    heads.extend(PERCENTILES.map(|(name, _)| name));
    heads.push("max");
    if with_late {
        heads.push("late");
    }
    let cells: Vec<Vec<String>> = rows.iter().map(|(_, row)| cells(row, with_late)).collect();
    let widths: Vec<usize> = (0..heads.len())
        .map(|i| cells.iter().map(|row| wide(&row[i])).chain([heads[i].len()]).max().unwrap_or(0))
        .collect();
    let room = width.saturating_sub(2 + widths.iter().map(|width| width + 2).sum::<usize>());
    let room = room.clamp(8, LABEL_MOST);
    let labels: Vec<String> = rows.iter().map(|(value, _)| cut(value.unwrap_or("(others)"), room)).collect();
    let first = labels.iter().map(|label| wide(label)).chain([wide(by).min(room)]).max().unwrap_or(0);

    let join = |cells: &[String]| -> String {
        cells.iter().zip(&widths).map(|(cell, width)| format!("  {cell:>width$}")).collect()
    };
    let heads: Vec<String> = heads.into_iter().map(str::to_owned).collect();
    let mut lines = vec![paint(FAINT, format!("  {}{}", padded(&cut(by, room), first), join(&heads)))];
    for ((label, cells), (value, row)) in labels.iter().zip(&cells).zip(rows) {
        let label = paint(if value.is_some() { NAME } else { FAINT }, padded(label, first));
        let (last, before) = cells.split_last().expect("there are columns");
        let last_width = widths[widths.len() - 1];
        let last = format!("  {last:>last_width$}");
        let last = if with_late && row.late > 0 { paint(BAD, last) } else { last };
        lines.push(format!("  {label}{}{last}", join(before)));
    }
    lines
}

fn cells(row: &Row, with_late: bool) -> Vec<String> {
    let times = &row.times;
    let mut cells = vec![units::count(times.count()), units::time(times.total())];
    cells.extend(PERCENTILES.map(|(_, part)| units::time(times.quantile(part))));
    cells.push(units::time(times.longest()));
    if with_late {
        cells.push(units::count(row.late));
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(lines: &[String]) -> String {
        anstream::adapter::strip_str(&lines.join("\n")).to_string()
    }

    #[test]
    fn the_first_rows_and_the_others() {
        let mut table = Table::new("path");
        for (path, micros, times) in [("/a", 100, 3), ("/b", 5_000, 2), ("/c", 10, 50), ("/d", 1, 1)] {
            (0..times).for_each(|_| table.add(path.to_owned(), micros * 1_000, micros > 1_000));
        }
        let values = |order, most| -> Vec<Option<&str>> {
            table.top(order, most).into_iter().map(|(value, _)| value).collect()
        };
        assert_eq!(values(Order::Total, 2), [Some("/b"), Some("/c"), None]);
        assert_eq!(values(Order::Count, 2), [Some("/c"), Some("/a"), None]);
        assert_eq!(values(Order::Max, 9), [Some("/b"), Some("/a"), Some("/c"), Some("/d")]);
        let lines = render("path", &table.top(Order::Total, 2), true, 80);
        let expected = "
  path      count   total     p50     p90     p99   p99.9     max  late
  /b            2  10.0ms  5.00ms  5.00ms  5.00ms  5.00ms  5.00ms     2
  /c           50   500µs  10.0µs  10.0µs  10.0µs  10.0µs  10.0µs     0
  (others)      4   301µs   100µs   100µs   100µs   100µs   100µs     0";
        assert_eq!(format!("\n{}", plain(&lines)), expected);
    }

    #[test]
    fn more_values_than_rows_are_others() {
        let mut table = Table::new("id");
        (0..2_000).for_each(|id| table.add(id.to_string(), 10, false));
        (0..2).for_each(|_| table.add("0".to_owned(), 10, false));
        assert_eq!(table.rows.len(), ROWS_MOST);
        let top = table.top(Order::Count, 1);
        assert_eq!((top[0].0, top[0].1.times.count()), (Some("0"), 3));
        assert_eq!((top[1].0, top[1].1.times.count()), (None, 1_999));
    }

    #[test]
    fn long_values_are_cut_to_the_width() {
        let mut table = Table::new("path");
        table.add("/a/very/long/path/that/does/not/fit/anywhere".to_owned(), 10, false);
        let lines = render("path", &table.top(Order::Total, 5), false, 70);
        assert!(lines.iter().all(|line| wide(&plain(std::slice::from_ref(line))) <= 70), "{lines:?}");
        assert!(plain(&lines).contains('…'));
    }
}
