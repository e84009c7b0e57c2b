//! Linux on x86_64 and aarch64.
//!
//! `registry` puts breakpoints at sites (`located`, `code`) and raises their semaphores; `signal` gets what they cause; `trap`
//! writes it down in the `queue` of each `watcher` of the `breakpoint`, as a `record`; and here records become events.

// It runs on 64-bit targets: an address fits a `usize`.
#![allow(clippy::cast_possible_truncation)]

#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
mod arch;
mod breakpoint;
mod code;
mod located;
mod maps;
mod memory;
mod pattern;
mod queue;
mod record;
mod registry;
mod signal;
mod trap;
mod watched;
mod watcher;

use std::sync::{Arc, Mutex, PoisonError};

pub(super) use self::trap::thread as this_thread;
use self::watched::Watched;
use super::{AttachError, Options, Threads};
use crate::find::{Loaded, Process};
use crate::{Event, Lost, Probe};

/// Probes of this process that are watched.
pub(super) struct Tracer {
    options: Options,
    thread: u32,
    patterns: Vec<String>,
    /// What was attached to at a time, each with a queue of its own.
    watched: Vec<Watched>,
    events: Mutex<Vec<Event>>,
}

impl Tracer {
    pub(super) fn attach(options: Options, patterns: Vec<String>) -> Result<Tracer, AttachError> {
        signal::check_mask()?;
        let thread = match options.threads {
            Threads::All => 0,
            Threads::This => this_thread(),
        };
        let mut tracer =
            Tracer { options, thread, patterns, watched: Vec::new(), events: Mutex::new(Vec::new()) };
        tracer.refresh()?;
        Ok(tracer)
    }

    pub(super) fn refresh(&mut self) -> Result<usize, AttachError> {
        registry::with(|registry| {
            for watched in &mut self.watched {
                watched.forget_gone(registry)?;
            }
            let process = registry.finder.process(std::process::id())?;
            let wanted = match select(&self.patterns, &process.probes) {
                Ok(wanted) => wanted,
                Err(pattern) => return Err(no_such_probe(pattern.clone(), process)),
            };
            let is_new = |loaded: &&&Loaded| !self.watched.iter().any(|watched| watched.has(loaded));
            let new: Vec<&Loaded> = wanted.iter().filter(is_new).copied().collect();
            if !new.is_empty() {
                self.watched.push(Watched::new(registry, &new, self.thread, &self.options)?);
            }
            Ok(new.len())
        })
    }

    pub(super) fn probes(&self) -> Vec<Arc<Probe>> {
        self.watched.iter().flat_map(Watched::probes).cloned().collect()
    }

    /// Calls with the events so far, in the order of time.
    pub(super) fn with_events<R>(&self, call: impl FnOnce(&mut Vec<Event>) -> R) -> R {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        for watched in &self.watched {
            watched.take(&mut events, self.options.text);
        }
        events.sort_by_key(|event| event.time);
        call(&mut events)
    }

    pub(super) fn lost(&self) -> Vec<Lost> {
        self.watched.iter().flat_map(Watched::lost).collect()
    }
}

/// The probes that the patterns mean; an error is a pattern that means none.
fn select<'a>(patterns: &'a [String], loaded: &'a [Loaded]) -> Result<Vec<&'a Loaded>, &'a String> {
    let means = |pattern: &str| loaded.iter().any(|loaded| pattern::matches(pattern, &loaded.probe));
    if let Some(pattern) = patterns.iter().find(|pattern| !means(pattern)) {
        return Err(pattern);
    }
    let is_meant = |loaded: &&Loaded| patterns.iter().any(|pattern| pattern::matches(pattern, &loaded.probe));
    Ok(loaded.iter().filter(is_meant).collect())
}

fn no_such_probe(pattern: String, process: Process) -> AttachError {
    let mut there: Vec<String> = process.probes.iter().map(|loaded| loaded.probe.full_name()).collect();
    there.sort_unstable();
    there.dedup();
    AttachError::NoSuchProbe { pattern, there, problems: process.problems }
}
