//! Nanoseconds a firing: of a loop, less those of the same loop without a probe.

use std::io::Write;
use std::process::{Child, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::peers::{Peers, Place};
use super::tools::progress;

/// One row of what `peers time` writes.
#[derive(Deserialize)]
pub(super) struct Row {
    pub(super) peer: String,
    pub(super) kind: String,
    empty: String,
    nanos: Vec<u64>,
}

/// The fastest round, the one in the middle, and the one that nine in ten beat; nanoseconds a firing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) min: f64,
    pub(super) median: f64,
    pub(super) p90: f64,
}

impl Spread {
    fn of(nanos: &[u64], firings: u64) -> Self {
        Self::of_each(nanos.iter().map(|&nanos| nanos as f64 / firings as f64).collect())
    }

    /// Of what a firing took in each round.
    pub(super) fn of_each(mut sorted: Vec<f64>) -> Self {
        sorted.sort_by(f64::total_cmp);
        let at = |tenths: usize| {
            sorted.get((sorted.len().saturating_sub(1)) * tenths / 10).copied().unwrap_or(f64::NAN)
        };
        Self { min: at(0), median: at(5), p90: at(9) }
    }

    /// The fastest round is the least disturbed one, so that is subtracted from the fastest, and so on; how far the
    /// rounds lie apart stays.
    fn less(self, empty: Self) -> Self {
        let min = self.min - empty.min;
        Self { min, median: self.median - empty.median, p90: min + (self.p90 - self.min) }
    }
}

/// What one probe of one peer costs.
#[derive(Clone)]
pub(super) struct Timed {
    pub(super) peer: String,
    pub(super) kind: String,
    pub(super) net: Spread,
}

/// The loops that nobody watches.
pub(super) fn measure(peers: &Peers, effort: (usize, u64)) -> Result<Vec<Timed>> {
    progress("timing the disabled loops");
    let mut command = peers.time(effort, "none,two,text,json", Place::Loop);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    net(&run(child)?, effort.1)
}

/// Lets a waiting `peers time` go and waits for its answer.
pub(super) fn run(mut child: Child) -> Result<Vec<Row>> {
    child.stdin.take().context("the loops have no stdin")?.write_all(b"\n")?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the loops failed: {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Each row less its empty loop; the empty loops themselves are left out.
pub(super) fn net(rows: &[Row], firings: u64) -> Result<Vec<Timed>> {
    let timed = |row: &Row| {
        let empty = rows.iter().find(|other| other.peer == row.empty && other.kind == row.kind);
        let empty = empty.with_context(|| format!("no empty loop for {} {}", row.peer, row.kind))?;
        let net = Spread::of(&row.nanos, firings).less(Spread::of(&empty.nanos, firings));
        Ok(Timed { peer: row.peer.clone(), kind: row.kind.clone(), net })
    };
    rows.iter().filter(|row| row.peer != row.empty).map(timed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_loop_is_subtracted() {
        let spread = Spread::of(&[300, 100, 200, 400, 500, 600, 700, 800, 900, 1000, 1100], 100);
        assert_eq!(spread, Spread { min: 1.0, median: 6.0, p90: 10.0 });
        let empty = Spread { min: 0.5, median: 1.0, p90: 9.0 };
        assert_eq!(spread.less(empty), Spread { min: 0.5, median: 5.0, p90: 9.5 });
    }
}
