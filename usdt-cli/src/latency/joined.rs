//! A pair as one firing, with the arguments of both: conditions and tables then don't ask whose an argument is.

use std::collections::HashMap;
use std::sync::Arc;

use usdt_trace::{Event, Probe};

use super::pairs::Pair;

/// Probes that were joined.
#[derive(Debug, Default)]
pub(super) struct Joined {
    probes: HashMap<[*const Probe; 2], Known>,
}

/// Two probes that were joined.
#[derive(Debug)]
struct Known {
    joined: Arc<Probe>,
    /// Kept, so that no other probe is ever found at their addresses.
    _both: [Arc<Probe>; 2],
}

impl Joined {
    /// The pair as a firing of `done` at its end, in which `start`'s arguments come first.
    pub(super) fn event(&mut self, pair: &Pair) -> Event {
        let Pair { start, done } = pair;
        let key = [Arc::as_ptr(&start.probe), Arc::as_ptr(&done.probe)];
        let known = self.probes.entry(key).or_insert_with(|| Known {
            joined: Arc::new(join(&start.probe, &done.probe)),
            _both: [start.probe.clone(), done.probe.clone()],
        });
        let values = start.values.iter().chain(&done.values).cloned().collect();
        Event { probe: known.joined.clone(), values, stack: Vec::new(), ..*done }
    }
}

/// A probe with the arguments of both.
pub(super) fn join(start: &Probe, done: &Probe) -> Probe {
    let args = start.args.iter().chain(&done.args).cloned().collect();
    Probe { args, ..done.clone() }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, number};
    use super::*;

    #[test]
    fn arguments_of_both_are_there() {
        let start = at(100, "start", &[("id", number(1)), ("path", number(2))]);
        let done = at(150, "done", &[("id", number(1)), ("status", number(200))]);
        let mut joined = Joined::default();
        let event = joined.event(&Pair { start, done });
        for (name, value) in [("id", 1), ("path", 2), ("status", 200)] {
            assert_eq!(event.value(name).unwrap().value, number(value));
        }
        assert_eq!((event.time.0, event.probe.name.as_str()), (150, "done"));
    }
}
