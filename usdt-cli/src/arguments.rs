//! What options of several commands have as values.

use std::time::Duration;

use jiff::SignedDuration;

/// A length of time with its unit, as people write it: `10s`, `5ms`, `1m30s`, `1.5s`, `250us`. For clap's `value_parser`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let time: SignedDuration =
        text.parse().map_err(|_| "write a number and a unit: 10s, 5ms, 1m30s".to_owned())?;
    time.try_into().map_err(|_| "a length of time is never negative".to_owned())
}

/// A number of bytes: `4096`, `64K`, `8M`, `1G` (each 1024 times the one before). For clap's `value_parser`.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let (digits, shift) = match text.as_bytes().last().map(u8::to_ascii_uppercase) {
        Some(b'K') => (&text[..text.len() - 1], 10),
        Some(b'M') => (&text[..text.len() - 1], 20),
        Some(b'G') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number: usize = digits.parse().map_err(|_| "write a number of bytes: 4096, 64K, 8M".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "that is more than there can be".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, time) in [
            ("10s", Duration::from_secs(10)),
            ("5ms", Duration::from_millis(5)),
            ("1m30s", Duration::from_secs(90)),
            ("1.5s", Duration::from_millis(1500)),
            ("250us", Duration::from_micros(250)),
            ("250µs", Duration::from_micros(250)),
            ("2h", Duration::from_secs(7200)),
            ("7ns", Duration::from_nanos(7)),
        ] {
            assert_eq!(duration(text), Ok(time), "{text}");
        }
        for text in ["", "10", "s", "-5ms", "5 parsecs", "99999999999999999999s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [("0", 0), ("4096", 4096), ("64K", 65536), ("8m", 8 << 20), ("1G", 1 << 30)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "K", "-1", "8 M", "8MB", "99999999999999999G", "é"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
