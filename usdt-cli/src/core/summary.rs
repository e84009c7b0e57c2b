//! What there is to say besides the firings: how many there were, what is missing, and how the program ended.

use rustix::process::Signal;
use usdt_trace::recorded::{Died, Recording};

use super::chosen::Chosen;
use super::source::Source;
use crate::json::Object;
use crate::printable::printable;
use crate::terminal::{BAD, STRONG, paint};
use crate::watch::firings;

/// For people, on standard error.
pub(super) fn lines(source: &Source, chosen: &Chosen<'_>) -> Vec<String> {
    let totals = Totals::of(&source.recordings);
    let shown = chosen.firings.len();
    let mut first = paint(STRONG, format_args!("{shown} of {}", firings(totals.firings)));
    if chosen.matching > shown {
        first += &format!("; {} more would match (--all shows them)", chosen.matching - shown);
    }
    if totals.kept < totals.firings {
        first += &format!("; the recorder still had {}", totals.kept);
    }
    let mut lines = vec![first];
    lines.extend(source.died.as_ref().and_then(|died| end(died, &source.name)));
    for (count, what) in [
        (totals.unfinished, "being written at that moment"),
        (totals.dropped, "dropped: another thread was still writing to the same place"),
        (totals.damaged, "left out: overwritten, or not to be read"),
    ] {
        if count > 0 {
            lines.push(format!("{} {what}", paint(BAD, firings(count))));
        }
    }
    let misses_some = source.recordings.iter().any(|recording| recording.is_cut);
    let cut = match (source.is_cut, misses_some) {
        (false, false) => None,
        (true, false) => Some("the core is cut off, but the recorder is all there"),
        (true, true) => Some("the core is cut off: a part of the recorder is missing"),
        // A process may give its memory back meanwhile, and a core may leave some out.
        (false, true) => Some("a part of the recorder is missing"),
    };
    lines.extend(cut.map(|cut| paint(BAD, cut)));
    lines
}

/// For programs.
pub(super) fn json(source: &Source, chosen: &Chosen<'_>) -> String {
    let totals = Totals::of(&source.recordings);
    let is_cut = source.is_cut || source.recordings.iter().any(|recording| recording.is_cut);
    let mut summary = Object::new();
    summary.text("type", "summary");
    for (key, number) in [
        ("shown", chosen.firings.len() as u64),
        ("matching", chosen.matching as u64),
        ("kept", totals.kept),
        ("firings", totals.firings),
        ("dropped", totals.dropped),
        ("unfinished", totals.unfinished),
        ("damaged", totals.damaged),
    ] {
        summary.raw(key, &number.to_string());
    }
    summary.raw("cut", &is_cut.to_string());
    if let Some(died) = &source.died {
        let number = |number: Option<u32>| number.map_or("null".to_owned(), |number| number.to_string());
        summary.raw("pid", &number(died.pid)).text("process", &source.name);
        summary.raw("signal", &number(died.signal.filter(|signal| *signal != 0)));
    }
    summary.end()
}

/// All recorders together.
#[derive(Debug, Default)]
struct Totals {
    firings: u64,
    kept: u64,
    dropped: u64,
    unfinished: u64,
    damaged: u64,
}

impl Totals {
    fn of(recordings: &[Recording]) -> Totals {
        let sum = |of: fn(&Recording) -> u64| recordings.iter().map(of).fold(0, u64::saturating_add);
        Totals {
            firings: sum(|recording| recording.total),
            kept: sum(|recording| recording.firings.len() as u64),
            dropped: sum(|recording| recording.dropped),
            unfinished: sum(|recording| recording.unfinished.len() as u64),
            damaged: sum(|recording| recording.damaged),
        }
    }
}

/// `shop[1234] was killed by SIGABRT`, if a signal was there that kills.
fn end(died: &Died, name: &str) -> Option<String> {
    let signal = match i32::try_from(died.signal?).ok().and_then(Signal::from_named_raw)? {
        Signal::ABORT => "SIGABRT",
        Signal::SEGV => "SIGSEGV",
        Signal::BUS => "SIGBUS",
        Signal::ILL => "SIGILL",
        Signal::FPE => "SIGFPE",
        Signal::QUIT => "SIGQUIT",
        Signal::SYS => "SIGSYS",
        // Others leave no core, or (SIGTRAP, SIGSTOP) are what stopped a process of which somebody took one.
        _ => return None,
    };
    let pid = died.pid.map_or(String::new(), |pid| format!("[{pid}]"));
    Some(format!("{}{pid} was killed by {signal}", printable(name)))
}
