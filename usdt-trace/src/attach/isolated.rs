//! Opens events that one process alone has: on each of its threads, for the threads that it starts to inherit.
//!
//! A thread that is started while events are opened may have inherited some of them, or none: nobody can tell. So all is begun
//! again until no thread is new. Events count from when they are opened, since a thread may be started between two that are
//! enabled later.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use rustix::io::Errno;

use super::AttachError;
use super::definition::{self, Definition};
use super::kernel::{self, Kernel};
use super::uprobe::{self, Events, Opened, Purpose, Source, Target};
use crate::Probe;

/// How often it is tried with a process that starts new threads.
const ROUNDS: usize = 8;

/// Opens the events of all sites of a probe. `None` if that can't be had here: then those of all processes are left.
pub(super) fn open(
    kernel: &Kernel,
    probe: &Probe,
    pid: u32,
    purpose: Purpose<'_>,
) -> Result<Option<Events>, AttachError> {
    let Some(tracefs) = kernel.tracefs() else { return Ok(None) };
    let places = uprobe::places(probe)?;
    let Ok(definitions) = definition::all(tracefs, &probe.object.open, &places) else { return Ok(None) };
    for _ in 0..ROUNDS {
        let threads = threads(pid)?;
        if is_too_much(kernel, threads.len() * definitions.len()) {
            break;
        }
        // Whatever is refused here may be granted for all processes; else that says why.
        let Ok(opened) = of_threads(kernel, &definitions, &threads, purpose) else { break };
        if self::threads(pid)?.is_subset(&threads) {
            if opened.is_empty() {
                return Err(AttachError::NoSuchProcess(pid));
            }
            return Ok(Some(Events { opened, definitions }));
        }
    }
    Ok(None)
}

fn threads(pid: u32) -> Result<BTreeSet<u32>, AttachError> {
    let entries = fs::read_dir(format!("/proc/{pid}/task")).map_err(|_| AttachError::NoSuchProcess(pid))?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect())
}

/// Whether so many events on each processor are more files than may be open, half of which are left to others.
fn is_too_much(kernel: &Kernel, events: usize) -> bool {
    (events * kernel.processors.len()) as u64 > kernel::file_limit() / 2
}

fn of_threads(
    kernel: &Kernel,
    definitions: &[Definition],
    threads: &BTreeSet<u32>,
    purpose: Purpose<'_>,
) -> io::Result<Vec<Opened>> {
    let mut opened = Vec::new();
    for (site, definition) in definitions.iter().enumerate() {
        let source = Source::Defined(definition.id);
        for &thread in threads {
            for &processor in &kernel.processors {
                match uprobe::one(kernel, source, Target::Thread(thread), processor, purpose.plan(site)) {
                    Ok(counter) => opened.push(Opened { counter, site, processor }),
                    // It has ended.
                    Err(error) if Errno::from_io_error(&error) == Some(Errno::SRCH) => break,
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(opened)
}
