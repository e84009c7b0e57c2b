//! What is said at the end: how much fired, and what was lost.

use std::time::Duration;

use usdt_trace::{Lost, Probe};

use super::table;
use super::tally::{Row, Tally};
use crate::json::{self, Object};
use crate::printable::printable;
use crate::terminal::{BAD, FAINT, STRONG, paint};

/// Everything that there is to say.
#[derive(Debug)]
pub(super) struct Summary<'s> {
    /// What was shown or counted.
    pub(super) tally: &'s Tally,
    /// How many firings there were, whether they met the conditions or not; `None` if there was no condition.
    pub(super) seen: Option<u64>,
    /// What was watched.
    pub(super) probes: &'s [std::sync::Arc<Probe>],
    /// For how long.
    pub(super) time: Duration,
    /// What nobody was told of.
    pub(super) lost: &'s [Lost],
}

impl Summary<'_> {
    /// For people, below the lines of firings: the total, the probes if there are several, and what was lost.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.total()];
        if self.tally.rows().len() > 1 {
            // The total is its heading.
            lines.extend(table::lines(self.tally).into_iter().skip(1));
        }
        lines.extend(self.silent());
        lines.extend(self.losses());
        lines
    }

    /// For people, below a table: what was lost.
    pub(super) fn losses(&self) -> Option<String> {
        let total: u64 = self.lost.iter().map(|lost| lost.count).sum();
        if total == 0 {
            return None;
        }
        let each: Vec<String> = self
            .lost
            .iter()
            .map(|lost| format!("{} {}", printable(&lost.probe.full_name()), lost.count))
            .collect();
        let advice = paint(FAINT, "(a larger --buffer loses fewer)");
        Some(format!("{} {advice}", paint(BAD, format_args!("{} lost: {}", firings(total), each.join(", ")))))
    }

    /// For programs.
    pub(super) fn json(&self) -> String {
        let mut summary = Object::new();
        summary.text("type", "summary").raw("firings", &self.tally.total().to_string());
        if let Some(seen) = self.seen {
            summary.raw("seen", &seen.to_string());
        }
        summary
            .raw("seconds", &format!("{:.6}", self.time.as_secs_f64()))
            .raw("counts", &json::array(self.tally.rows().into_iter().map(row)))
            .raw("lost", &json::lost(self.lost));
        summary.end()
    }

    fn total(&self) -> String {
        let time = format!("in {}", seconds(self.time));
        let total = self.tally.total();
        match (total, self.seen) {
            (0, Some(seen)) if seen > 0 => format!("none of {} matched {time}", firings(seen)),
            (0, _) => format!("nothing fired {time}"),
            (_, seen) => {
                let of = match self.tally.rows().as_slice() {
                    [row] if row.value.is_none() => format!(" of {}", printable(&row.probe.full_name())),
                    _ => String::new(),
                };
                let besides =
                    seen.filter(|seen| *seen > total).map(|seen| format!(", {} did not match", seen - total));
                format!("{}{of} {time}{}", paint(STRONG, firings(total)), besides.unwrap_or_default())
            }
        }
    }

    /// Of how many probes nothing came, where something came of others.
    fn silent(&self) -> Option<String> {
        let mut silent: Vec<String> = self
            .probes
            .iter()
            .filter(|probe| !self.tally.has_fired(probe))
            .map(|probe| probe.full_name())
            .collect();
        silent.sort_unstable();
        silent.dedup();
        let what = match silent.as_slice() {
            [one] => printable(one).into_owned(),
            several => format!("{} probes", several.len()),
        };
        let verb = if self.seen.is_some() { "matched" } else { "fired" };
        (self.tally.total() > 0 && !silent.is_empty())
            .then(|| paint(FAINT, format_args!("{what} never {verb}")))
    }
}

/// `1 firing`, `7 firings`
pub(crate) fn firings(count: u64) -> String {
    if count == 1 { "1 firing".to_owned() } else { format!("{count} firings") }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn row(row: &Row) -> String {
    let mut object = json::counted(&row.probe, row.firings);
    if let Some(read) = &row.value {
        object.raw("by", &json::value(&read.value));
    }
    object.end()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::condition::Name;
    use crate::sample;

    fn summary<'s>(tally: &'s Tally, probes: &'s [Arc<Probe>], lost: &'s [Lost]) -> Summary<'s> {
        Summary { tally, seen: None, probes, time: Duration::from_millis(3200), lost }
    }

    fn plain(summary: &Summary<'_>) -> Vec<String> {
        summary.lines().iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect()
    }

    fn probes() -> [Arc<Probe>; 3] {
        [sample::done(), sample::operands("a", "b", 0), sample::operands("c", "d", 0)]
    }

    #[test]
    fn one_probe_is_one_line() {
        let probes = probes();
        let mut tally = Tally::new(None);
        assert_eq!(plain(&summary(&tally, &probes, &[])), ["nothing fired in 3.2 s"]);
        tally.set(&[(Arc::clone(&probes[0]), 1)]);
        assert_eq!(plain(&summary(&tally, &probes[..1], &[])), ["1 firing of orders:request_done in 3.2 s"]);
        assert_eq!(
            plain(&summary(&tally, &probes[..2], &[])),
            ["1 firing of orders:request_done in 3.2 s", "a:b never fired"]
        );
    }

    #[test]
    fn several_probes_are_a_table() {
        let probes = probes();
        let mut tally = Tally::new(None);
        tally.set(&[(Arc::clone(&probes[0]), 8), (Arc::clone(&probes[1]), 12)]);
        let lost = [Lost { probe: Arc::clone(&probes[0]), count: 3 }];
        assert_eq!(
            plain(&summary(&tally, &probes, &lost)),
            [
                "20 firings in 3.2 s",
                "     12  a:b",
                "      8  orders:request_done",
                "c:d never fired",
                "3 firings lost: orders:request_done 3 (a larger --buffer loses fewer)",
            ]
        );
    }

    #[test]
    fn what_did_not_match_is_said() {
        let probes = probes();
        let mut tally = Tally::new(None);
        let filtered = |tally: &Tally| plain(&Summary { seen: Some(5), ..summary(tally, &probes[..1], &[]) });
        assert_eq!(filtered(&tally), ["none of 5 firings matched in 3.2 s"]);
        tally.set(&[(Arc::clone(&probes[0]), 2)]);
        assert_eq!(filtered(&tally), ["2 firings of orders:request_done in 3.2 s, 3 did not match"]);
        tally.set(&[(Arc::clone(&probes[0]), 5)]);
        assert_eq!(filtered(&tally), ["5 firings of orders:request_done in 3.2 s"]);
    }

    #[test]
    fn programs_get_an_object() {
        let probes = probes();
        let mut tally = Tally::new(Some(Name::of("status")));
        tally.add(&sample::event(), "");
        let lost = [Lost { probe: Arc::clone(&probes[1]), count: 3 }];
        let summary = Summary { seen: Some(2), ..summary(&tally, &probes, &lost) };
        assert_eq!(
            summary.json(),
            r#"{"type":"summary","firings":1,"seen":2,"seconds":3.200000,"counts":[{"provider":"orders","probe":"request_done","firings":1,"by":500}],"lost":[{"provider":"a","probe":"b","firings":3}]}"#
        );
    }
}
