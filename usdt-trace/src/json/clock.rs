//! Moments of a tracer → times of day.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustix::time::{ClockId, clock_gettime};

use crate::Time;

/// How far the two clocks may drift apart before the later moments are told anew: less would make the order of close firings
/// depend on how well the clocks were read.
const TOLERANCE: i128 = 1_000_000;

/// Knows what the time of day was at a moment of the monotonic clock.
#[derive(Debug)]
pub struct Clock {
    /// The time of day (in nanoseconds since 1970) less the monotonic clock.
    offset: i128,
    zone: TimeZone,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::new()
    }
}

impl Clock {
    /// A clock that shows local time.
    pub fn new() -> Clock {
        Clock { offset: offset(), zone: TimeZone::system() }
    }

    /// A clock of another time: `offset` is what the time of day was then (in nanoseconds since 1970) less the monotonic clock. It
    /// shows local time.
    pub fn of(offset: i64) -> Clock {
        Clock { offset: offset.into(), zone: TimeZone::system() }
    }

    /// A clock that began in 1970, and shows UTC.
    pub fn fixed() -> Clock {
        Clock { offset: 0, zone: TimeZone::UTC }
    }

    /// Takes note of somebody setting the time, and of the machine having slept. To be called now and then.
    pub fn adjust(&mut self) {
        let now = offset();
        if (now - self.offset).abs() > TOLERANCE {
            self.offset = now;
        }
    }

    /// Local time with microseconds: `18:04:05.123456`.
    pub fn local(&self, time: Time) -> String {
        self.at(time).to_zoned_datetime(self.zone.clone()).strftime("%H:%M:%S.%6f").to_string()
    }

    /// RFC 3339 with nanoseconds, in UTC: `2026-01-31T17:04:05.123456789Z`.
    pub fn rfc3339(&self, time: Time) -> String {
        let mut text = String::new();
        self.write_rfc3339(time, &mut text);
        text
    }

    /// The same, behind what is written already.
    pub(super) fn write_rfc3339(&self, time: Time, text: &mut String) {
        let at = TimeZone::UTC.to_datetime(self.at(time));
        // Writing into a `String` can't fail.
        let _ = write!(
            text,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.subsec_nanosecond()
        );
    }

    fn at(&self, time: Time) -> Timestamp {
        // Out of range only beyond the year 9999.
        Timestamp::from_nanosecond(self.offset + i128::from(time.0)).unwrap_or(Timestamp::MAX)
    }
}

fn offset() -> i128 {
    let nanoseconds = |clock| {
        let time = clock_gettime(clock);
        i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
    };
    nanoseconds(ClockId::Realtime) - nanoseconds(ClockId::Monotonic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let time = Time(3_600_000_000_000 + 123_456_789);
        assert_eq!(Clock::fixed().local(time), "01:00:00.123456");
        assert_eq!(Clock::fixed().rfc3339(time), "1970-01-01T01:00:00.123456789Z");
    }

    #[test]
    fn now_is_now() {
        let monotonic = clock_gettime(ClockId::Monotonic);
        let now = Time(u64::try_from(monotonic.tv_sec * 1_000_000_000 + monotonic.tv_nsec).unwrap());
        let difference = Clock::new().at(now).duration_since(Timestamp::now()).as_secs_f64();
        assert!(difference.abs() < 1.0, "{difference}");
    }

    #[test]
    fn a_clock_that_was_set_is_noticed() {
        let mut clock = Clock::new();
        let before = clock.offset;
        clock.adjust();
        assert_eq!(clock.offset, before);
        clock.offset -= 5_000_000_000;
        clock.adjust();
        assert!((clock.offset - before).abs() < TOLERANCE);
    }
}
