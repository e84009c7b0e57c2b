//! Where an axis has its marks.

const SECOND: u64 = 1_000_000_000;

/// How far apart marks may be in time when it is more than half a minute, in seconds.
const LONG_STEPS: [u64; 14] =
    [30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 604_800];

/// Marks from 0 to that many nanoseconds, at most nine, at times that people count in.
pub(super) fn linear(length: u64) -> Vec<u64> {
    let short = (0..11).flat_map(|exponent| [1, 2, 5].map(|digit| digit * 10_u64.pow(exponent)));
    let short = short.filter(|step| *step <= 20 * SECOND);
    let mut steps = short.chain(LONG_STEPS.map(|seconds| seconds * SECOND));
    let step = steps.find(|step| length / step <= 8).unwrap_or(length.max(1));
    (0..=length / step).map(|i| i * step).collect()
}

/// Marks between two powers of ten (their exponents): each decade, and 2 and 5 of each if there are few. Up to more than a day.
pub(super) fn logarithmic(from: f64, to: f64) -> Vec<u64> {
    let digits: &[u64] = if to - from > 3.0 { &[1] } else { &[1, 2, 5] };
    let marks = (0..15).flat_map(|exponent| digits.iter().map(move |digit| digit * 10_u64.pow(exponent)));
    marks.filter(|mark| (from - 1e-9..=to + 1e-9).contains(&(*mark as f64).log10())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_counted_as_people_do() {
        assert_eq!(linear(12 * SECOND), [0, 2, 4, 6, 8, 10, 12].map(|at| at * SECOND));
        assert_eq!(linear(200 * SECOND), [0, 30, 60, 90, 120, 150, 180].map(|at| at * SECOND));
        assert_eq!(linear(0), [0]);
        for length in [1, 999, 1_234_567, u64::MAX] {
            assert!((1..=9).contains(&linear(length).len()), "{length}");
        }
    }

    #[test]
    fn few_decades_have_marks_between() {
        assert_eq!(logarithmic(3.0, 4.0), [1_000, 2_000, 5_000, 10_000]);
        assert_eq!(logarithmic(2.9, 7.1), [1_000, 10_000, 100_000, 1_000_000, 10_000_000]);
    }
}
