//! Times over time, in memory that doesn't grow: when there are too many columns, each two become one.

use usdt_trace::Time;

/// The most columns.
const COLUMNS_MOST: usize = 240;
/// How long a column is in the beginning, in nanoseconds.
const FIRST_COLUMN: u64 = 10_000_000;
/// Rows of a decade.
const ROWS_A_DECADE: usize = 20;
/// From a nanosecond to more than a day.
const DECADES: usize = 14;
const ROWS: usize = ROWS_A_DECADE * DECADES;

/// How many pairs were done at a time (a column), having taken so long (a row).
#[derive(Debug)]
pub(crate) struct Heat {
    begin: Time,
    column: u64,
    columns: Vec<[u64; ROWS]>,
}

/// A piece of the picture: columns `from..to` of a row have the same count, or nearly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) column: usize,
    pub(super) row: usize,
    pub(super) count: u64,
}

impl Heat {
    pub(crate) fn new(begin: Time) -> Heat {
        Heat { begin, column: FIRST_COLUMN, columns: Vec::new() }
    }

    /// Adds a pair that was done at this time.
    pub(crate) fn add(&mut self, done: Time, nanos: u64) {
        let since = done.0.saturating_sub(self.begin.0);
        while since / self.column >= COLUMNS_MOST as u64 {
            self.halve();
        }
        let column = usize::try_from(since / self.column).unwrap_or(COLUMNS_MOST - 1);
        if column >= self.columns.len() {
            self.columns.resize(column + 1, [0; ROWS]);
        }
        self.columns[column][row(nanos)] += 1;
    }

    /// How long each column is, in nanoseconds.
    pub(super) fn column(&self) -> u64 {
        self.column
    }

    /// Everything that isn't empty, row by row.
    pub(super) fn cells(&self) -> Vec<Cell> {
        let at = |row: usize| {
            let cells = self.columns.iter().enumerate().map(move |(column, rows)| (column, rows[row]));
            cells.filter(|(_, count)| *count > 0).map(move |(column, count)| Cell { column, row, count })
        };
        (0..ROWS).flat_map(at).collect()
    }

    fn halve(&mut self) {
        let both = |pair: &[[u64; ROWS]]| {
            let mut sum = pair[0];
            if let Some(second) = pair.get(1) {
                sum.iter_mut().zip(second).for_each(|(sum, count)| *sum += count);
            }
            sum
        };
        self.columns = self.columns.chunks(2).map(both).collect();
        self.column = self.column.saturating_mul(2);
    }
}

/// Where a row begins on a logarithmic scale: 3 is a microsecond.
pub(super) fn row_begin(row: usize) -> f64 {
    row as f64 / ROWS_A_DECADE as f64
}

#[expect(clippy::cast_possible_truncation, reason = "not negative, and at most 20 decades")]
fn row(nanos: u64) -> usize {
    let rows = (nanos.max(1) as f64).log10() * ROWS_A_DECADE as f64;
    // What is too long for the last row is in it.
    (rows as usize).min(ROWS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_merged_and_nothing_is_lost() {
        let mut heat = Heat::new(Time(1_000));
        for i in 0..10_000 {
            heat.add(Time(1_000 + i * 10_000_000), 1_000);
        }
        // 100 s: columns of 10 ms were doubled until 240 of them were enough.
        assert_eq!(heat.column(), 640_000_000);
        let cells = heat.cells();
        assert_eq!(cells.len(), 157);
        assert_eq!(cells[0], Cell { column: 0, row: 60, count: 64 });
        assert_eq!(cells.iter().map(|cell| cell.count).sum::<u64>(), 10_000);
        heat.add(Time(u64::MAX), 1);
        assert!(heat.columns.len() <= COLUMNS_MOST);
    }

    #[test]
    fn rows_are_logarithmic() {
        assert_eq!([row(0), row(1), row(10), row(1_000_000)], [0, 0, 20, 120]);
        assert_eq!(row(u64::MAX), ROWS - 1);
        assert_eq!(row_begin(row(1_000_000)), 6.0);
    }
}
