//! Firings in, pairs out. Nothing here knows of terminals or clocks.

use std::collections::{BTreeMap, HashMap};

use usdt_trace::{Event, Read, Value};

use super::key::{Key, PairedBy, Role};

/// The most bytes that are kept of a text until its pair is done.
const KEPT: usize = 256;

/// How much may be open at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Starts.
    pub(super) open: usize,
    /// Bytes, roughly, of what they carry.
    pub(super) bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { open: 1_000_000, bytes: 384 << 20 }
    }
}

/// What was seen that is no pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Odd {
    /// Dones whose start was not seen.
    pub(super) without_start: u64,
    /// Starts whose key came again before they were done.
    pub(super) started_again: u64,
    /// The oldest open starts, dropped when there were too many.
    pub(super) forgotten: u64,
    /// Firings without the argument that is the key, or where it could not be read.
    pub(super) without_key: u64,
}

/// A start and its done.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) start: Event,
    pub(super) done: Event,
}

/// Starts that wait for their dones.
#[derive(Debug)]
pub(super) struct Pairs {
    by: PairedBy,
    limits: Limits,
    /// In the order in which they started.
    open: BTreeMap<u64, Open>,
    /// The latest open start of each key.
    latest: HashMap<Key, u64>,
    next: u64,
    bytes: usize,
    odd: Odd,
}

#[derive(Debug)]
struct Open {
    key: Key,
    /// The start around this one, of the same thread.
    around: Option<u64>,
    start: Event,
    wanted: bool,
    bytes: usize,
}

impl Pairs {
    pub(super) fn new(by: PairedBy, limits: Limits) -> Pairs {
        let (open, latest) = (BTreeMap::new(), HashMap::new());
        Pairs { by, limits, open, latest, next: 0, bytes: 0, odd: Odd::default() }
    }

    /// Takes a start. One that is not wanted is paired as well, or its done would be taken for another's.
    pub(super) fn start(&mut self, event: &Event, wanted: bool) {
        let Some(key) = self.by.key(event, Role::Start) else {
            self.odd.without_key += 1;
            return;
        };
        let id = self.next;
        self.next += 1;
        let mut around = self.latest.insert(key.clone(), id);
        if matches!(self.by, PairedBy::Key { .. }) {
            let again = around.take().and_then(|before| self.take(before));
            self.odd.started_again += u64::from(again.is_some_and(|again| again.wanted));
        }
        let start = kept(event, wanted);
        let bytes = weight(&start) + 2 * (size_of::<Key>() + key.weight()) + size_of::<Open>();
        self.bytes += bytes;
        self.open.insert(id, Open { key, around, start, wanted, bytes });
        self.forget();
    }

    /// Takes a done; gives the pair if its start was seen, and wanted.
    pub(super) fn done(&mut self, event: &Event) -> Option<Pair> {
        let Some(key) = self.by.key(event, Role::Done) else {
            self.odd.without_key += 1;
            return None;
        };
        let started = self.latest.remove(&key).and_then(|id| self.take(id));
        let Some(started) = started else {
            self.odd.without_start += 1;
            return None;
        };
        if let Some(around) = started.around.filter(|around| self.open.contains_key(around)) {
            self.latest.insert(key, around);
        }
        started.wanted.then(|| Pair { start: started.start, done: event.clone() })
    }

    /// What is not done yet, the oldest first.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = &Event> {
        self.open.values().filter(|open| open.wanted).map(|open| &open.start)
    }

    /// What was seen that is no pair.
    pub(super) fn odd(&self) -> Odd {
        self.odd
    }

    fn take(&mut self, id: u64) -> Option<Open> {
        let open = self.open.remove(&id)?;
        self.bytes -= open.bytes;
        Some(open)
    }

    /// Drops the oldest while there are too many.
    fn forget(&mut self) {
        while self.open.len() > self.limits.open || self.bytes > self.limits.bytes {
            let Some((&id, _)) = self.open.first_key_value() else { return };
            let Some(oldest) = self.take(id) else { return };
            if self.latest.get(&oldest.key) == Some(&id) {
                self.latest.remove(&oldest.key);
            }
            self.odd.forgotten += u64::from(oldest.wanted);
        }
    }
}

impl Pair {
    /// How long it took, in nanoseconds.
    pub(super) fn nanos(&self) -> u64 {
        self.done.time.0.saturating_sub(self.start.time.0)
    }
}

/// The firing as it waits for its done: without long texts, and without anything if nobody will ask.
fn kept(event: &Event, wanted: bool) -> Event {
    let values = if wanted { event.values.iter().map(shortened).collect() } else { Vec::new() };
    Event { values, probe: event.probe.clone(), stack: Vec::new(), ..*event }
}

fn shortened(read: &Read) -> Read {
    let value = match &read.value {
        Value::Text(text) if text.len() > KEPT => Value::Text(text[..floor(text)].to_owned()),
        Value::Json(json) if json.len() > KEPT => Value::Json(json[..floor(json)].to_owned()),
        Value::Bytes(bytes) if bytes.len() > KEPT => Value::Bytes(bytes[..KEPT].to_vec()),
        _ => return read.clone(),
    };
    Read { value, late: read.late, cut: true }
}

/// Where a character begins, at most that far in.
fn floor(text: &str) -> usize {
    (0..=KEPT).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// How many bytes its values take, roughly.
fn weight(event: &Event) -> usize {
    let text = |read: &Read| match &read.value {
        Value::Text(text) | Value::Json(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 0,
    };
    event.values.iter().map(|read| size_of::<Read>() + text(read)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, in_thread, number, text};
    use super::*;

    fn by_key(limits: Limits) -> Pairs {
        let names = "id=request".parse().unwrap();
        Pairs::new(PairedBy::Key { names, across: false }, limits)
    }

    fn start(time: u64, id: u64) -> Event {
        at(time, "start", &[("id", number(id))])
    }

    fn done(time: u64, id: u64) -> Event {
        at(time, "done", &[("request", number(id))])
    }

    fn nanos(pair: Option<Pair>) -> Option<u64> {
        pair.map(|pair| pair.nanos())
    }

    #[test]
    fn a_key_pairs_what_overlaps() {
        let mut pairs = by_key(Limits::default());
        pairs.start(&start(100, 1), true);
        pairs.start(&start(110, 2), true);
        assert_eq!(nanos(pairs.done(&done(150, 1))), Some(50));
        assert_eq!(nanos(pairs.done(&done(190, 2))), Some(80));
        assert_eq!(nanos(pairs.done(&done(200, 2))), None);
        assert_eq!(pairs.odd(), Odd { without_start: 1, ..Odd::default() });
        assert_eq!(pairs.bytes, 0);
    }

    #[test]
    fn a_key_belongs_to_its_process_or_to_all() {
        for across in [false, true] {
            let names = "id=request".parse().unwrap();
            let mut pairs = Pairs::new(PairedBy::Key { names, across }, Limits::default());
            pairs.start(&start(100, 1), true);
            let elsewhere = Event { pid: 2, ..done(150, 1) };
            assert_eq!(nanos(pairs.done(&elsewhere)), across.then_some(50));
        }
    }

    #[test]
    fn a_key_that_comes_again_replaces_what_was_never_done() {
        let mut pairs = by_key(Limits::default());
        pairs.start(&start(100, 1), true);
        pairs.start(&start(200, 1), true);
        assert_eq!(nanos(pairs.done(&done(250, 1))), Some(50));
        assert_eq!(pairs.odd(), Odd { started_again: 1, ..Odd::default() });
        assert_eq!(pairs.unfinished().count(), 0);
    }

    #[test]
    fn starts_of_a_thread_nest() {
        let mut pairs = Pairs::new(PairedBy::Thread, Limits::default());
        let (start, done) =
            (|time, tid| in_thread(time, "start", tid), |time, tid| in_thread(time, "done", tid));
        pairs.start(&start(100, 1), true);
        pairs.start(&start(105, 2), true);
        pairs.start(&start(110, 1), true);
        assert_eq!(nanos(pairs.done(&done(120, 1))), Some(10));
        assert_eq!(nanos(pairs.done(&done(130, 1))), Some(30));
        assert_eq!(nanos(pairs.done(&done(140, 1))), None);
        assert_eq!(nanos(pairs.done(&done(145, 2))), Some(40));
        assert_eq!(pairs.odd(), Odd { without_start: 1, ..Odd::default() });
    }

    #[test]
    fn what_is_not_wanted_takes_its_own_done_with_it() {
        let mut pairs = Pairs::new(PairedBy::Thread, Limits::default());
        pairs.start(&in_thread(100, "start", 1), true);
        pairs.start(&in_thread(110, "start", 1), false);
        assert_eq!(pairs.unfinished().count(), 1);
        assert_eq!(nanos(pairs.done(&in_thread(120, "done", 1))), None);
        assert_eq!(nanos(pairs.done(&in_thread(130, "done", 1))), Some(30));
        assert_eq!(pairs.odd(), Odd::default());
    }

    #[test]
    fn the_oldest_are_forgotten_when_there_are_too_many() {
        let mut pairs = by_key(Limits { open: 2, ..Limits::default() });
        for id in 1..=4 {
            pairs.start(&start(100 + id, id), true);
        }
        assert_eq!(nanos(pairs.done(&done(200, 1))), None);
        assert_eq!(nanos(pairs.done(&done(200, 3))), Some(97));
        assert_eq!(pairs.odd(), Odd { without_start: 1, forgotten: 2, ..Odd::default() });
        assert_eq!((pairs.open.len(), pairs.latest.len()), (1, 1));
    }

    #[test]
    fn a_start_around_one_may_be_forgotten() {
        let mut pairs = Pairs::new(PairedBy::Thread, Limits { open: 1, ..Limits::default() });
        pairs.start(&in_thread(100, "start", 1), true);
        pairs.start(&in_thread(110, "start", 1), true);
        assert_eq!(nanos(pairs.done(&in_thread(120, "done", 1))), Some(10));
        assert_eq!(nanos(pairs.done(&in_thread(130, "done", 1))), None);
        assert_eq!(pairs.odd(), Odd { without_start: 1, forgotten: 1, ..Odd::default() });
        assert_eq!((pairs.open.len(), pairs.latest.len()), (0, 0));
    }

    #[test]
    fn texts_are_bounded_too() {
        let long = "ä".repeat(10_000);
        let mut pairs = by_key(Limits { bytes: 10_000, ..Limits::default() });
        for id in 0..100 {
            pairs.start(&at(100, "start", &[("id", number(id)), ("path", text(&long))]), true);
        }
        assert!(pairs.bytes <= 10_000 && pairs.odd().forgotten > 50, "{} {:?}", pairs.bytes, pairs.odd());
        let kept = pairs.done(&done(200, 99)).unwrap().start;
        assert_eq!(kept.value("path").unwrap().value, text(&long[..KEPT]));
        assert!(kept.value("path").unwrap().cut);
    }

    #[test]
    fn a_firing_without_the_key_is_counted() {
        let mut pairs = by_key(Limits::default());
        pairs.start(&at(100, "start", &[]), true);
        assert!(pairs.done(&at(110, "done", &[("request", Value::Unreadable("gone"))])).is_none());
        assert_eq!(pairs.odd(), Odd { without_key: 2, ..Odd::default() });
    }
}
