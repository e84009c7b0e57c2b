//! Watching: what the tracer says is shown and counted until all that was sent has been seen.

use std::io::{Write as _, stdout};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::driver::Driver;
use super::event::{Event, Message};
use super::live::Live;
use super::paint::Paint;
use super::report::{Outcome, Seen};
use super::stop::Stop;
use super::tracer::Tracer;

/// How long to wait for the last lines of the tracer once the traffic is over.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a request took and under what name that is filed, if a firing tells.
pub(super) trait Clock {
    /// Called with each firing.
    fn latency(&mut self, event: &Event) -> Option<(String, Duration)>;
}

/// Shows what `tracer` sees while `driver` works, and compares in the end.
pub(super) fn watch(
    mut tracer: Tracer,
    mut driver: Driver,
    mut clock: impl Clock,
    stop: &Stop,
) -> Result<Outcome> {
    let mut live = Live::new(Paint::for_stdout(), tracer.table, tracer.since);
    let (mut seen, mut sent, mut last) = (Seen::default(), None, Instant::now());
    loop {
        stop.check()?;
        match tracer.receive(Duration::from_millis(50)) {
            Ok(message) => {
                last = Instant::now();
                take(message, &mut seen, &mut live, &mut clock)?;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if sent.is_none() {
            sent = driver.finished().transpose()?;
        }
        if sent.as_ref().is_some_and(|sent| seen.has_all(sent) || last.elapsed() > PATIENCE) {
            tracer.stop()?;
        }
    }
    live.finish(&mut stdout().lock())?;
    let Some(sent) = sent else {
        bail!("the tracer ended before the traffic did:\n{}", tracer.complaints()?)
    };
    Ok(Outcome { sent, seen })
}

fn take(message: Message, seen: &mut Seen, live: &mut Live, clock: &mut impl Clock) -> Result<()> {
    match message {
        Message::Fired(event) => {
            *seen.firings.entry(event.name).or_default() += 1;
            if let Some((name, latency)) = clock.latency(&event) {
                seen.latencies.add(&name, latency);
            }
            if let Some(lines) = live.lines(&event) {
                stdout().lock().write_all(lines.as_bytes())?;
            }
        }
        Message::Lost(firings) => seen.lost += firings,
        Message::Watching { .. } => {}
    }
    Ok(())
}
