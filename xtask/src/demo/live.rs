//! The lines that a person watches: some of all firings, slow enough to read, and how many more there were.

use std::io::{self, Write};

use super::event::Event;
use super::paint::Paint;
use super::table::{Role, Table};
use super::text;

const SECOND: u64 = 1_000_000_000;

/// In each slot one request is shown, from its start to its end, one step, and one other firing: some 14 lines a second.
const SLOT: u64 = 300_000_000;

/// What was shown so far.
#[derive(Debug)]
pub(super) struct Live {
    paint: Paint,
    /// The longest name of a probe.
    names: usize,
    /// Where on the kernel's clock the lines begin to count.
    since: u64,
    slot: u64,
    /// Which kinds of lines the slot has already.
    shown: [bool; 3],
    /// The requests whose start was shown.
    awaited: Vec<(u32, u64)>,
    second: u64,
    hidden: u64,
}

impl Live {
    pub(super) fn new(paint: Paint, table: &Table, since: u64) -> Self {
        let names = table.probes.iter().map(|probe| probe.name.len()).max().unwrap_or_default();
        Self {
            paint,
            names,
            since,
            slot: u64::MAX,
            shown: [false; 3],
            awaited: Vec::new(),
            second: 0,
            hidden: 0,
        }
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
        let kind = match event.role {
            Role::End => {
                let place = self.awaited.iter().position(|&request| Some(request) == event.request());
                return place.map(|place| self.awaited.swap_remove(place)).is_some();
            }
            Role::Start => 0,
            Role::Step => 1,
            Role::Other => 2,
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
        let pid = self.paint.dim(format!("{:>7}", event.pid));
        let name = self.paint.cyan(format!("{:<names$}", event.name, names = self.names));
        let args = event
            .args
            .iter()
            .map(|(label, value)| format!("  {}{value}", self.paint.dim(format!("{label}="))));
        format!("{time}  {pid}  {name}{}\n", args.collect::<String>())
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
    use super::super::table::Probe;
    use super::*;

    const TABLE: Table = Table {
        provider: "kv",
        probes: &[
            Probe { name: "request_start", role: Role::Start, args: &[] },
            Probe { name: "request_done", role: Role::End, args: &[] },
            Probe { name: "read", role: Role::Step, args: &[] },
            Probe { name: "scan", role: Role::Other, args: &[] },
        ],
    };

    fn event(name: &str, millis: u64, pid: u32, id: u64) -> Event {
        let probe = TABLE.probe(name).unwrap();
        let args = vec![("id", Value::Number(id))];
        Event { name: probe.name, role: probe.role, pid, nanos: millis * 1_000_000, args }
    }

    #[test]
    fn a_request_that_was_begun_is_ended_and_the_rest_is_counted() {
        let mut live = Live::new(Paint::none(), &TABLE, 0);
        let mut shown = String::new();
        for id in 0..10 {
            shown += &live.lines(&event("request_start", id, 7, id)).unwrap_or_default();
        }
        for id in 0..10 {
            // The same number in another process is another request.
            shown += &live.lines(&event("request_done", 300 + id, 8, id)).unwrap_or_default();
            shown += &live.lines(&event("request_done", 400 + id, 7, id)).unwrap_or_default();
        }
        shown += &live.lines(&event("read", 1_500, 7, 7)).unwrap_or_default();
        let expected = "  0.000 s        7  request_start  id=0\n  0.400 s        7  request_done   id=0\n           \
                        … and 28 more firings in this second\n  1.500 s        7  read           id=7\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn no_more_than_a_person_can_read() {
        let mut live = Live::new(Paint::none(), &TABLE, 0);
        let mut lines = 0;
        for millis in 0..10_000 {
            for probe in TABLE.probes {
                let event = event(probe.name, millis, 7, millis);
                lines += live.lines(&event).unwrap_or_default().lines().count();
            }
        }
        assert!((100..=150).contains(&lines), "{lines} lines in ten seconds");
    }
}
