//! How long things took: their percentiles, for as many as there are in the memory of a few hundred kilobytes.

use hdrhistogram::Histogram;

/// The percentiles that are shown, and their names.
pub(crate) const PERCENTILES: [(&str, f64); 4] =
    [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];

/// Lengths of time, in nanoseconds, each to three digits.
#[derive(Clone, Debug)]
pub(crate) struct Distribution {
    histogram: Histogram<u64>,
    longest: u64,
    total: u128,
}

impl Distribution {
    pub(crate) fn new() -> Distribution {
        // It grows as longer times come; every u64 has a place, so it never fails for its bounds.
        let histogram = Histogram::new(3).expect("3 is a number of digits that it takes");
        Distribution { histogram, longest: 0, total: 0 }
    }

    pub(crate) fn add(&mut self, nanos: u64) {
        self.histogram.record(nanos).expect("every time has a place");
        self.longest = self.longest.max(nanos);
        self.total += u128::from(nanos);
    }

    /// Adds all of another.
    pub(crate) fn merge(&mut self, other: &Distribution) {
        self.histogram.add(&other.histogram).expect("every time has a place");
        self.longest = self.longest.max(other.longest);
        self.total += other.total;
    }

    pub(crate) fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The longest, exactly.
    pub(crate) fn longest(&self) -> u64 {
        self.longest
    }

    /// All of them together.
    pub(crate) fn total(&self) -> u64 {
        u64::try_from(self.total).unwrap_or(u64::MAX)
    }

    /// The shortest time that this part of all didn't exceed; 0 if there is none.
    pub(crate) fn quantile(&self, part: f64) -> u64 {
        self.histogram.value_at_quantile(part).min(self.longest)
    }

    /// Times, in their order, and how many took so long.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (u64, u64)> {
        self.histogram
            .iter_recorded()
            .map(|step| (self.histogram.lowest_equivalent(step.value_iterated_to()), step.count_at_value()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_exact_to_three_digits() {
        let mut times = Distribution::new();
        assert_eq!((times.quantile(0.5), times.longest(), times.total()), (0, 0, 0));
        (1..=100_000).for_each(|micros| times.add(micros * 1_000));
        for (name, part) in PERCENTILES {
            let exact = part * 100_000.0 * 1_000.0;
            let off = (times.quantile(part) as f64 - exact).abs() / exact;
            assert!(off < 0.001, "{name} is {}, not {exact}", times.quantile(part));
        }
        assert_eq!(
            (times.count(), times.longest(), times.quantile(1.0)),
            (100_000, 100_000_000, 100_000_000)
        );
        assert_eq!(times.total(), 100_000 * 100_001 / 2 * 1_000);
        assert_eq!(times.steps().map(|(_, count)| count).sum::<u64>(), 100_000);
    }

    #[test]
    fn any_time_has_a_place() {
        let (mut times, mut more) = (Distribution::new(), Distribution::new());
        times.add(0);
        more.add(u64::MAX);
        more.merge(&times);
        assert_eq!((more.count(), more.longest(), more.quantile(0.5)), (2, u64::MAX, 0));
    }
}
