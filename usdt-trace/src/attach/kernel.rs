//! What this kernel can do, and what it says of the machine.

use std::fs;
use std::sync::{Arc, OnceLock};

use perf_event::Builder;
use perf_event::events::Software;
use perf_event_open_sys::bindings;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::AttachError;
use super::definition;
use super::tracefs::Tracefs;

/// What this kernel can do.
#[derive(Clone, Debug)]
pub(super) struct Kernel {
    /// The number of the uprobes among the sources of events.
    pub(super) uprobes: u32,
    /// The processors that are running now.
    pub(super) processors: Vec<u32>,
    /// It says of each event how many of its samples were lost (Linux 6.0).
    pub(super) counts_lost: bool,
    tracefs: OnceLock<Option<Arc<Tracefs>>>,
}

impl Kernel {
    /// Asks the kernel. Raises the limit of open files as far as this process may.
    pub(super) fn ask() -> Result<Kernel, AttachError> {
        let text = fs::read_to_string("/sys/bus/event_source/devices/uprobe/type")
            .map_err(|_| AttachError::NoUprobes)?;
        let uprobes = text.trim().parse().map_err(|_| AttachError::NoUprobes)?;
        let online = fs::read_to_string("/sys/devices/system/cpu/online")
            .map_err(AttachError::io("reading which processors are online"))?;
        raise_file_limit();
        let processors = parse_list(online.trim());
        Ok(Kernel { uprobes, processors, counts_lost: counts_lost(), tracefs: OnceLock::new() })
    }

    /// Where uprobes are defined whose events a process's threads inherit, and no other process does (Linux 5.13).
    pub(super) fn tracefs(&self) -> Option<&Arc<Tracefs>> {
        let find = || {
            let tracefs = knows_threads().then(Tracefs::find)??;
            definition::sweep(&tracefs);
            Some(Arc::new(tracefs))
        };
        self.tracefs.get_or_init(find).as_ref()
    }
}

/// Whether an event may be asked how many of its samples were lost.
fn counts_lost() -> bool {
    let mut builder = Builder::new(Software::DUMMY);
    builder.attrs_mut().read_format = u64::from(bindings::PERF_FORMAT_LOST);
    builder.build().is_ok()
}

/// Whether threads can inherit what child processes don't.
fn knows_threads() -> bool {
    Builder::new(Software::DUMMY).inherit(true).inherit_thread(true).build().is_ok()
}

/// A list as the kernel writes it: `0-3,8`.
fn parse_list(list: &str) -> Vec<u32> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse().ok()?..=last.parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

fn raise_file_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // If it fails, the limit stays what it is, and opening tells.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// How many files this process may have open.
pub(super) fn file_limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

pub(super) fn paranoid() -> Option<i32> {
    fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").ok()?.trim().parse().ok()
}

/// Now, by the clock that samples have.
pub(super) fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors() {
        assert_eq!(parse_list("0"), [0]);
        assert_eq!(parse_list("0-3,8,10-11"), [0, 1, 2, 3, 8, 10, 11]);
        assert_eq!(parse_list(""), [0; 0]);
    }
}
