//! How often what has fired.

use std::collections::HashMap;
use std::sync::Arc;

use usdt_trace::{Event, Probe, Read};

use crate::condition::Name;
use crate::printable;

/// Firings, counted by probe, and by a value that they carry if one is named. Probes of the same name in several files count as
/// one.
#[derive(Debug, Default)]
pub(super) struct Tally {
    by: Option<Name>,
    rows: Vec<Row>,
    /// Where a probe's first row is, by the address of the probe, which is kept.
    known: HashMap<*const Probe, (Arc<Probe>, usize)>,
    /// Where the row of a probe (its first row) and a value is.
    by_value: HashMap<(usize, String), usize>,
}

/// What is counted together.
#[derive(Debug)]
pub(super) struct Row {
    /// The probe, or one of those that have its name.
    pub(super) probe: Arc<Probe>,
    /// The value that is common to the firings. `None` if none was asked for, or the probe has no such argument.
    pub(super) value: Option<Read>,
    /// How many there were.
    pub(super) firings: u64,
}

impl Tally {
    /// A tally by probe, and by this value of each firing.
    pub(super) fn new(by: Option<Name>) -> Tally {
        Tally { by, ..Tally::default() }
    }

    /// Counts a firing. `comm` is the name of its process.
    pub(super) fn add(&mut self, event: &Event, comm: &str) {
        let mut row = self.row_of(&event.probe);
        if let Some(read) = self.by.as_ref().and_then(|by| by.read(event, comm)) {
            row = *self.by_value.entry((row, printable::read(&read))).or_insert_with(|| {
                self.rows.push(Row { probe: Arc::clone(&event.probe), value: Some(read), firings: 0 });
                self.rows.len() - 1
            });
        }
        self.rows[row].firings += 1;
    }

    /// Makes known that a probe has fired so often; probes of the same name are given together.
    pub(super) fn set(&mut self, counted: &[(Arc<Probe>, u64)]) {
        self.rows.iter_mut().for_each(|row| row.firings = 0);
        for (probe, firings) in counted {
            let row = self.row_of(probe);
            self.rows[row].firings += firings;
        }
    }

    /// What has fired, the most frequent first.
    pub(super) fn rows(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().filter(|row| row.firings > 0).collect();
        // A stable sort: what is equally frequent stays in the order in which it was first seen.
        rows.sort_by_key(|row| std::cmp::Reverse(row.firings));
        rows
    }

    /// How many firings there were.
    pub(super) fn total(&self) -> u64 {
        self.rows.iter().map(|row| row.firings).sum()
    }

    /// Whether anything was counted of probes of this name.
    pub(super) fn has_fired(&self, probe: &Probe) -> bool {
        self.rows.iter().any(|row| row.firings > 0 && is_same(&row.probe, probe))
    }

    /// The name of the values, if there are any.
    pub(super) fn by(&self) -> Option<&Name> {
        self.by.as_ref()
    }

    /// The row of a probe, whatever it carries.
    fn row_of(&mut self, probe: &Arc<Probe>) -> usize {
        if let Some((_, row)) = self.known.get(&Arc::as_ptr(probe)) {
            return *row;
        }
        let same = self.known.values().find(|(other, _)| is_same(other, probe)).map(|(_, row)| *row);
        let row = same.unwrap_or_else(|| {
            self.rows.push(Row { probe: Arc::clone(probe), value: None, firings: 0 });
            self.rows.len() - 1
        });
        self.known.insert(Arc::as_ptr(probe), (Arc::clone(probe), row));
        row
    }
}

fn is_same(a: &Probe, b: &Probe) -> bool {
    a.provider == b.provider && a.name == b.name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn shown(tally: &Tally) -> Vec<(String, Option<String>, u64)> {
        let value = |row: &Row| row.value.as_ref().map(printable::read);
        tally.rows().into_iter().map(|row| (row.probe.full_name(), value(row), row.firings)).collect()
    }

    #[test]
    fn probes_of_one_name_count_as_one() {
        let mut tally = Tally::new(None);
        let (first, second) = (sample::done(), sample::done());
        for probe in [&first, &second, &sample::operands("a", "b", 0), &first] {
            tally.add(&sample::firing(probe, []), "");
        }
        assert_eq!(shown(&tally), [("orders:request_done".into(), None, 3), ("a:b".into(), None, 1)]);
        assert_eq!(tally.total(), 4);
        tally.set(&[(first, 5), (second, 2)]);
        assert_eq!(shown(&tally), [("orders:request_done".into(), None, 7)]);
    }

    #[test]
    fn values_are_counted_apart() {
        let mut tally = Tally::new(Some(Name::of("status")));
        let mut event = sample::event();
        tally.add(&event, "");
        tally.add(&event, "");
        event.values[1] = Read::exact(usdt_trace::Value::Unsigned(200));
        tally.add(&event, "");
        tally.add(&sample::firing(&sample::operands("a", "b", 0), []), "");
        assert_eq!(
            shown(&tally),
            [
                ("orders:request_done".into(), Some("500".into()), 2),
                ("orders:request_done".into(), Some("200".into()), 1),
                ("a:b".into(), None, 1),
            ]
        );
    }
}
