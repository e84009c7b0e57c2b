//! Numbers and times as people read them.

use std::time::Duration;

/// `1234567` as `1,234,567`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time in the unit that fits it, with three digits at least.
pub(super) fn time(time: Duration) -> String {
    let nanos = time.as_nanos();
    let (unit, per_unit) = match nanos {
        0..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => ("µs", 1e3),
        1_000_000..1_000_000_000 => ("ms", 1e6),
        _ => ("s", 1e9),
    };
    let value = time.as_secs_f64() * 1e9 / per_unit;
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn times() {
        let texts =
            [7, 1_500, 183_000, 12_340_000, 2_000_000_000].map(|nanos| time(Duration::from_nanos(nanos)));
        assert_eq!(texts, ["7 ns", "1.50 µs", "183 µs", "12.3 ms", "2.00 s"]);
    }
}
