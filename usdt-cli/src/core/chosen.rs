//! Which firings are wanted.

use std::sync::Arc;

use anyhow::anyhow;
use usdt_trace::recorded::Recording;
use usdt_trace::{Event, Probe};

use super::args::Args;

/// The firings that are shown, in their order, each with what makes a time of day of its time.
#[derive(Debug)]
pub(super) struct Chosen<'r> {
    pub(super) firings: Vec<(i64, &'r Event)>,
    /// How many were wanted, whether they are among the last ones or not.
    pub(super) matching: usize,
}

impl<'r> Chosen<'r> {
    /// `comm` is the name of the process.
    pub(super) fn of(recordings: &'r [Recording], comm: &str, args: &Args) -> anyhow::Result<Chosen<'r>> {
        let events = |recording: &'r Recording| {
            recording.firings.iter().map(|fired| (recording.realtime, &fired.event))
        };
        let is_named = |probe: &Probe| {
            args.probes.is_empty() || args.probes.iter().any(|pattern| pattern.matches(probe))
        };
        let mut firings: Vec<(i64, &Event)> =
            recordings.iter().flat_map(events).filter(|(_, event)| is_named(&event.probe)).collect();
        check(args, &firings)?;
        // Those of one recorder are in the order of their numbers; only times tell about several.
        if recordings.len() > 1 {
            firings.sort_by_key(|(_, event)| event.time);
        }
        firings.retain(|(_, event)| args.conditions.iter().all(|condition| condition.matches(event, comm)));
        let matching = firings.len();
        let most = if args.all { usize::MAX } else { usize::try_from(args.max).unwrap_or(usize::MAX) };
        firings.drain(..matching.saturating_sub(most));
        Ok(Chosen { firings, matching })
    }
}

/// Whether the names in conditions are there.
fn check(args: &Args, firings: &[(i64, &Event)]) -> anyhow::Result<()> {
    let mut probes: Vec<Arc<Probe>> = firings.iter().map(|(_, event)| Arc::clone(&event.probe)).collect();
    probes.sort_unstable_by_key(Arc::as_ptr);
    probes.dedup_by_key(|probe| Arc::as_ptr(probe));
    if probes.is_empty() {
        return Ok(());
    }
    let mut conditions = args.conditions.iter();
    conditions
        .try_for_each(|condition| condition.check(&probes, &[]))
        .map_err(|error| anyhow!("--where: {error}"))
}
