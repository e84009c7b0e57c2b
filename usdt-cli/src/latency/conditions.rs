//! `--where`: which pairs are wanted, decided as early as it can be.

use std::sync::Arc;

use usdt_trace::{Event, Probe};

use super::joined::join;
use crate::condition::{Condition, ConditionError};

/// Conditions, by when they can be asked.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// Those that the start alone meets or not.
    start: Vec<Condition>,
    /// Those that need arguments of the done.
    pair: Vec<Condition>,
}

impl Conditions {
    /// Sorts them. What neither probe has an argument for is a mistake, as far as the probes are known; `texts` are the arguments
    /// that `--str` names.
    pub(super) fn new(
        conditions: &[Condition],
        texts: &[String],
        starts: &[Arc<Probe>],
        dones: &[Arc<Probe>],
    ) -> Result<Conditions, ConditionError> {
        let both =
            |start: &Arc<Probe>| dones.iter().map(|done| Arc::new(join(start, done))).collect::<Vec<_>>();
        let pairs: Vec<Arc<Probe>> = starts.iter().flat_map(both).collect();
        let mut sorted = Conditions::default();
        for condition in conditions {
            if condition.check(starts, texts).is_ok() {
                sorted.start.push(condition.clone());
            } else if pairs.is_empty() {
                sorted.pair.push(condition.clone());
            } else {
                condition.check(&pairs, texts)?;
                sorted.pair.push(condition.clone());
            }
        }
        Ok(sorted)
    }

    /// Whether the pair that begins here may be wanted.
    pub(super) fn want_start(&self, event: &Event, comm: &str) -> bool {
        self.start.iter().all(|condition| condition.matches(event, comm))
    }

    /// Whether there is anything to ask of a pair.
    pub(super) fn need_pairs(&self) -> bool {
        !self.pair.is_empty()
    }

    /// Whether a pair, as one firing, is wanted.
    pub(super) fn want_pair(&self, joined: &Event, comm: &str) -> bool {
        self.pair.iter().all(|condition| condition.matches(joined, comm))
    }
}

#[cfg(test)]
mod tests {
    use super::super::joined::Joined;
    use super::super::pairs::Pair;
    use super::super::testing::{at, number};
    use super::*;

    #[test]
    fn a_condition_is_asked_when_it_can_be() {
        let start = at(100, "start", &[("id", number(1)), ("size", number(9))]);
        let done = at(150, "done", &[("status", number(500))]);
        let (starts, dones) = ([start.probe.clone()], [done.probe.clone()]);
        let new = |texts: &[&str]| {
            let conditions: Vec<Condition> = texts.iter().map(|text| text.parse().unwrap()).collect();
            Conditions::new(&conditions, &[], &starts, &dones)
        };
        let pair = Joined::default().event(&Pair { start: start.clone(), done });
        for (text, early, late) in [
            ("size > 5", true, true),
            ("size > 9", false, true),
            ("status >= 500", true, true),
            ("status < 500", true, false),
            ("size == 9 && status == 200", true, false),
        ] {
            let conditions = new(&[text]).unwrap();
            assert_eq!(conditions.want_start(&start, "a"), early, "{text}");
            assert_eq!(conditions.want_pair(&pair, "a"), late, "{text}");
        }
        assert!(!new(&["size == 9", "status == 200"]).unwrap().want_pair(&pair, "a"));
        assert!(new(&["nothing == 1"]).unwrap_err().to_string().contains("there is no argument `nothing`"));
    }
}
