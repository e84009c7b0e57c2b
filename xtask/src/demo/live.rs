//! The lines that a person watches: some of all firings, slow enough to read, and how many more there were.

use std::io::{self, Write};

use super::event::Event;
use super::paint::Paint;
use super::text;

const SECOND: u64 = 1_000_000_000;

/// In each slot one request is shown, from its start to its end, and one firing of the store: some 14 lines a second.
const SLOT: u64 = 300_000_000;

/// What was shown so far.
#[derive(Debug)]
pub(super) struct Live {
    paint: Paint,
    /// Where on the kernel's clock the lines begin to count.
    since: u64,
    slot: u64,
    /// Which kinds of lines the slot has already.
    shown: [bool; 3],
    /// The requests whose start was shown.
    awaited: Vec<u64>,
    second: u64,
    hidden: u64,
}

impl Live {
    pub(super) fn new(paint: Paint, since: u64) -> Self {
        Self { paint, since, slot: u64::MAX, shown: [false; 3], awaited: Vec::new(), second: 0, hidden: 0 }
    }

    /// What to print about a firing: nothing for most of them.
    pub(super) fn lines(&mut self, event: &Event) -> Option<String> {
        let nanos = event.nanos.saturating_sub(self.since);
        let mut lines = String::new();
        if nanos / SECOND > self.second {
            self.second = nanos / SECOND;
            lines += &self.more().unwrap_or_default();
        }
        if self.admits(event, nanos / SLOT) {
            lines += &self.line(event, nanos);
        } else {
            self.hidden += 1;
        }
        (!lines.is_empty()).then_some(lines)
    }

    /// The last line.
    pub(super) fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(self.more().unwrap_or_default().as_bytes())
    }

    fn admits(&mut self, event: &Event, slot: u64) -> bool {
        // The firings of two CPUs may come a little out of order: an earlier slot does not come back.
        if self.slot == u64::MAX || slot > self.slot {
            (self.slot, self.shown) = (slot, [false; 3]);
        }
        let kind = match event.name {
            "request_done" | "request_abandoned" => {
                let place = self.awaited.iter().position(|&id| Some(id) == event.request());
                return place.map(|place| self.awaited.swap_remove(place)).is_some();
            }
            "request_start" => 0,
            "store_read" | "store_write" | "store_delete" => 1,
            _ => 2,
        };
        let admitted = !std::mem::replace(&mut self.shown[kind], true);
        if admitted && kind == 0 {
            self.awaited.extend(event.request());
        }
        admitted
    }

    fn line(&self, event: &Event, nanos: u64) -> String {
        let (seconds, millis) = (nanos / SECOND, nanos % SECOND / 1_000_000);
        let time = self.paint.dim(format!("{seconds:3}.{millis:03} s"));
        let name = self.paint.cyan(format!("{:<15}", event.name));
        let args = event
            .args
            .iter()
            .map(|(label, value)| format!("  {}{value}", self.paint.dim(format!("{label}="))));
        format!("{time}  {name}{}\n", args.collect::<String>())
    }

    fn more(&mut self) -> Option<String> {
        let hidden = std::mem::take(&mut self.hidden);
        let text = format!("           … and {} more firings in this second", text::count(hidden));
        (hidden > 0).then(|| format!("{}\n", self.paint.dim(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Value;
    use super::*;

    fn event(name: &'static str, millis: u64, id: u64) -> Event {
        Event { name, nanos: millis * 1_000_000, args: vec![("id", Value::Number(id))] }
    }

    #[test]
    fn a_request_that_was_begun_is_ended_and_the_rest_is_counted() {
        let mut live = Live::new(Paint::none(), 0);
        let mut shown = String::new();
        for id in 0..10 {
            shown += &live.lines(&event("request_start", id, id)).unwrap_or_default();
        }
        for id in 0..10 {
            shown += &live.lines(&event("request_done", 400 + id, id)).unwrap_or_default();
        }
        shown += &live.lines(&event("store_read", 1_500, 7)).unwrap_or_default();
        let expected = "  0.000 s  request_start    id=0\n  0.400 s  request_done     id=0\n           \
                        … and 18 more firings in this second\n  1.500 s  store_read       id=7\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn no_more_than_a_person_can_read() {
        let mut live = Live::new(Paint::none(), 0);
        let mut lines = 0;
        for millis in 0..10_000 {
            for name in ["request_start", "store_read", "store_scan", "request_done"] {
                lines += live.lines(&event(name, millis, millis)).unwrap_or_default().lines().count();
            }
        }
        assert!((100..=150).contains(&lines), "{lines} lines in ten seconds");
    }
}
