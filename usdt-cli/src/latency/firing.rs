//! Pairs, and starts without a done, as lines of text and of JSON.

use usdt_trace::{Arg, Event, Read, Time};

use super::measure::Finished;
use super::unfinished::Open;
use super::units;
use crate::json;
use crate::printable::{self, printable};
use crate::processes::Processes;
use crate::terminal::{BAD, FAINT, NAME, paint};
use usdt_trace::json::Clock;

/// A late pair: when it was done, how long it took, how late it was, and what both probes said.
pub(super) fn late(finished: &Finished, over: u64, clock: &Clock, processes: &mut Processes) -> String {
    let (start, done) = (&finished.pair.start, &finished.pair.done);
    let took = paint(BAD, format!("{:>7}", units::time(finished.pair.nanos())));
    let over = units::time(over);
    let mut more = arguments(done, |arg, read| start.value(&arg.name) != Some(read));
    if !more.is_empty() {
        more.insert_str(0, " → ");
    }
    let time = paint(FAINT, clock.local(done.time));
    format!(
        "{time}  {took}  {over:>7} late  {}  {}{more}",
        who(start, processes),
        arguments(start, |_, _| true)
    )
}

/// A start that is not done, and how old it is.
pub(super) fn unfinished(open: &Open, now: Time, processes: &mut Processes) -> String {
    let age = format!("{:>9}", units::time(age(open.start, now)));
    let age = if open.overdue { paint(BAD, age) } else { age };
    let gone = if open.gone { paint(FAINT, "  its process has ended") } else { String::new() };
    let arguments = arguments(open.start, |_, _| true);
    format!("  {age}  {}  {arguments}{gone}", who(open.start, processes))
}

/// How old it is, in nanoseconds.
fn age(start: &Event, now: Time) -> u64 {
    now.0.saturating_sub(start.time.0)
}

/// A pair as an object on a line.
pub(super) fn pair_json(finished: &Finished, clock: &Clock, processes: &mut Processes) -> String {
    let mut object = json::Object::new();
    object.text("type", "pair").raw("nanoseconds", &finished.pair.nanos().to_string());
    if let Some(over) = finished.late {
        object.raw("late_by", &over.to_string());
    }
    for (key, event) in [("start", &finished.pair.start), ("done", &finished.pair.done)] {
        object.raw(key, &json::event(event, processes.name(event.pid), clock));
    }
    object.end()
}

/// A start that is not done as an object.
pub(super) fn unfinished_json(open: &Open, now: Time, clock: &Clock, processes: &mut Processes) -> String {
    let start = open.start;
    let mut object = json::Object::new();
    object.raw("age", &age(start, now).to_string()).raw("process_ended", &open.gone.to_string());
    object.raw("start", &json::event(start, processes.name(start.pid), clock));
    object.end()
}

fn who(event: &Event, processes: &mut Processes) -> String {
    let name = paint(NAME, printable(processes.name(event.pid)));
    let thread = if event.tid == event.pid { String::new() } else { format!("/{}", event.tid) };
    format!("{name}{}", paint(FAINT, format_args!("[{}{thread}]", event.pid)))
}

/// `id=17 path="/api"`, of those arguments.
fn arguments(event: &Event, wanted: impl Fn(&Arg, &Read) -> bool) -> String {
    let all = event.probe.args.iter().zip(&event.values);
    let shown = all
        .filter(|(arg, read)| wanted(arg, read))
        .map(|(arg, read)| format!("{}={}", printable(&arg.name), printable::read(read)));
    shown.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::pairs::Pair;
    use super::super::testing::{at, number, text};
    use super::*;

    /// A process that isn't there, and so has no name.
    const GONE: u32 = u32::MAX;

    fn finished() -> Finished {
        let start = at(1_000, "start", &[("id", number(17)), ("path", text("/a\x1b[2J"))]);
        let done = at(12_001_000, "done", &[("id", number(17)), ("status", number(500))]);
        let (start, done) = (Event { pid: GONE, ..start }, Event { pid: GONE, ..done });
        Finished { pair: Pair { start, done }, late: Some(7_000_000) }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_late_pair_says_what_both_said() {
        let line = late(&finished(), 7_000_000, &Clock::fixed(), &mut Processes::default());
        let expected = "00:00:00.012001   12.0ms   7.00ms late  ?[4294967295/1]  \
                        id=17 path=\"/a\\u{1b}[2J\" → status=500";
        assert_eq!(plain(&line), expected);
    }

    #[test]
    fn what_is_not_done_says_its_age() {
        let start = finished().pair.start;
        let open = Open { start: &start, gone: true, overdue: true };
        let line = unfinished(&open, Time(2_001_000), &mut Processes::default());
        let expected = "     2.00ms  ?[4294967295/1]  id=17 path=\"/a\\u{1b}[2J\"  its process has ended";
        assert_eq!(plain(&line), expected);
    }

    #[test]
    fn a_pair_is_an_object() {
        let line = pair_json(&finished(), &Clock::fixed(), &mut Processes::default());
        let object: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["type"], "pair");
        assert_eq!((&object["nanoseconds"], &object["late_by"]), (&12_000_000.into(), &7_000_000.into()));
        assert_eq!(
            (&object["start"]["args"]["id"], &object["done"]["args"]["status"]),
            (&17.into(), &500.into())
        );
    }
}
