//! Latencies by what was asked for, as bars.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use super::paint::Paint;
use super::text;

/// How many characters the longest bar has.
const WIDTH: u64 = 40;

/// Every latency, by the name under which it is filed.
#[derive(Debug, Default)]
pub(super) struct Latencies(BTreeMap<String, Vec<Duration>>);

impl Latencies {
    pub(super) fn add(&mut self, name: &str, latency: Duration) {
        match self.0.get_mut(name) {
            Some(latencies) => latencies.push(latency),
            None => drop(self.0.insert(name.to_owned(), vec![latency])),
        }
    }

    pub(super) fn write(&self, out: &mut impl Write, paint: Paint) -> io::Result<()> {
        let names = self.0.keys().map(|name| name.chars().count()).max().unwrap_or_default();
        for (name, latencies) in &self.0 {
            let mut sorted = latencies.clone();
            sorted.sort_unstable();
            let requests = text::count(sorted.len() as u64);
            let [p50, p90, p99] = [50, 90, 99].map(|part| text::time(percentile(&sorted, part)));
            let name = paint.bold(format!("{name:<names$}"));
            writeln!(out, "\n{name}  {requests:>7} requests   p50 {p50}   p90 {p90}   p99 {p99}")?;
            bars(&sorted, out, paint)?;
        }
        Ok(())
    }
}

/// The smallest latency that so many percent of all don't exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// A line for each power of two of microseconds, from the first that has something to the last.
fn bars(sorted: &[Duration], out: &mut impl Write, paint: Paint) -> io::Result<()> {
    let mut buckets = BTreeMap::<u32, u64>::new();
    for latency in sorted {
        *buckets.entry(latency.as_micros().max(1).ilog2()).or_default() += 1;
    }
    let (Some((&first, _)), Some((&last, _))) = (buckets.first_key_value(), buckets.last_key_value()) else {
        return Ok(());
    };
    let most = buckets.values().copied().max().unwrap_or(1);
    for bucket in first..=last {
        let count = buckets.get(&bucket).copied().unwrap_or_default();
        let (from, to) = (text::count(1 << bucket), text::count(2 << bucket));
        let bar = paint.green(bar(count, most));
        writeln!(out, "{}", format!("{from:>9} – {to:>7} µs {:>7}  {bar}", text::count(count)).trim_end())?;
    }
    Ok(())
}

/// A bar of eighths of a character; whatever is not nothing is seen.
fn bar(count: u64, most: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (count * WIDTH * 8).div_ceil(most);
    let (whole, rest) = (eighths / 8, eighths % 8);
    (0..whole)
        .map(|_| "█")
        .chain(EIGHTHS.iter().copied().skip(usize::try_from(rest).unwrap_or(0)).take(1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_latencies_that_were_there() {
        let sorted: Vec<_> = (1..=200).map(Duration::from_micros).collect();
        let found = [50, 90, 99].map(|percent| percentile(&sorted, percent).as_micros());
        assert_eq!(found, [100, 180, 198]);
        assert_eq!(percentile(&sorted[..1], 99).as_micros(), 1);
    }

    #[test]
    fn a_histogram_shows_empty_buckets_between_others() {
        let mut latencies = Latencies::default();
        for micros in [0, 100, 100, 100, 100, 600] {
            latencies.add("/a", Duration::from_micros(micros));
        }
        let mut out = Vec::new();
        latencies.write(&mut out, Paint::none()).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.starts_with("\n/a        6 requests   p50 100 µs   p90 600 µs   p99 600 µs\n"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 2 + 10, "{text}");
        assert!(text.contains(&format!("       64 –     128 µs       4  {}\n", "█".repeat(40))), "{text}");
        assert!(text.contains("      128 –     256 µs       0\n"), "{text}");
        assert!(text.ends_with(&format!("      512 –   1,024 µs       1  {}\n", "█".repeat(10))), "{text}");
    }

    #[test]
    fn bars_end_in_eighths() {
        assert_eq!(bar(0, 7), "");
        assert_eq!(bar(1, 1_000_000), "▏");
        assert_eq!(bar(1, 320), "▏");
        assert_eq!(bar(15, 320), "█▉");
    }
}
