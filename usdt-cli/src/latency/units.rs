//! Numbers as people read them.

/// A length of time in three digits: `850ns`, `12.5µs`, `1.20s`, `3m05s`.
pub(crate) fn time(nanos: u64) -> String {
    match nanos {
        0..1_000 => format!("{nanos}ns"),
        // Each limit is where three digits would round up to the next unit.
        1_000..999_500 => three(nanos, 1_000, "µs"),
        999_500..999_500_000 => three(nanos, 1_000_000, "ms"),
        999_500_000..59_950_000_000 => three(nanos, 1_000_000_000, "s"),
        _ => minutes(nanos.saturating_add(500_000_000) / 1_000_000_000),
    }
}

/// The same where it is a limit, which is a round number: `10µs`, not `10.0µs`.
pub(crate) fn limit(nanos: u64) -> String {
    let text = time(nanos);
    let unit = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit);
    if number.contains('.') {
        format!("{}{unit}", number.trim_end_matches('0').trim_end_matches('.'))
    } else {
        text
    }
}

/// A count with its thousands apart: `1,234,567`.
pub(crate) fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// How often in a second: `0.35/s`, `12.4/s`, `8,120/s`.
pub(crate) fn rate(n: u64, seconds: f64) -> String {
    let rate = digits(n as f64 / seconds.max(1e-9));
    let (whole, rest) =
        rate.split_once('.').map_or((rate.as_str(), ""), |(whole, _)| (whole, &rate[whole.len()..]));
    format!("{}{rest}/s", grouped(whole))
}

/// A part of a whole: `0.970%`, `12.5%`.
pub(crate) fn share(part: u64, whole: u64) -> String {
    format!("{}%", digits(part as f64 * 100.0 / whole.max(1) as f64))
}

fn three(nanos: u64, unit: u64, name: &str) -> String {
    format!("{}{name}", digits(nanos as f64 / unit as f64))
}

/// In three digits, as far as they are behind the point.
fn digits(n: f64) -> String {
    match n {
        ..9.995 => format!("{n:.2}"),
        ..99.95 => format!("{n:.1}"),
        _ => format!("{n:.0}"),
    }
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn minutes(seconds: u64) -> String {
    match seconds {
        0..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", count(seconds / 3_600), seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (nanos, text) in [
            (0, "0ns"),
            (999, "999ns"),
            (1_000, "1.00µs"),
            (12_340, "12.3µs"),
            (999_499, "999µs"),
            (999_500, "1.00ms"),
            (5_000_000, "5.00ms"),
            (1_999_000_000, "2.00s"),
            (59_949_000_000, "59.9s"),
            (59_950_000_000, "1m00s"),
            (3_725_000_000_000, "1h02m"),
        ] {
            assert_eq!(time(nanos), text);
        }
        assert_eq!(
            [limit(10_000), limit(1_500), limit(500), limit(60_000_000_000)],
            ["10µs", "1.5µs", "500ns", "1m00s"]
        );
    }

    #[test]
    fn numbers() {
        assert_eq!(
            [count(0), count(999), count(1_000), count(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!([rate(7, 20.0), rate(124, 10.0), rate(81_200, 10.0)], ["0.35/s", "12.4/s", "8,120/s"]);
        assert_eq!([share(12, 1_234), share(1, 1), share(0, 0)], ["0.97%", "100%", "0.00%"]);
    }
}
