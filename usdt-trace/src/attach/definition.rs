//! A uprobe that has a name in tracefs: the only kind whose events a process's new threads can inherit. And all its events are one
//! to the code at the site, however many processors there are: a firing is cheaper, and letting go is faster.
//!
//! Nothing removes it when its maker is killed. So its name says who that was, and the next tracer removes what is left.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::linux::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

use super::tracefs::Tracefs;
use super::uprobe::Place;

/// The names' first part, which they share.
const GROUP: &str = "usdt_probes";
/// The kernel may need a moment until a closed event is gone.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(5);

/// A uprobe, which is removed on drop: after its events are closed.
#[derive(Debug)]
pub(super) struct Definition {
    tracefs: Arc<Tracefs>,
    name: String,
    /// What an event says to be one of this uprobe.
    pub(super) id: u64,
}

impl Definition {
    fn new(tracefs: &Arc<Tracefs>, file: &File, place: &Place) -> io::Result<Definition> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let maker = Maker::this().ok_or(io::ErrorKind::NotFound)?;
        let name = maker.name(NEXT.fetch_add(1, Ordering::Relaxed));
        // The kernel follows the path at once. This one has no blanks, and leads to files that have no path any more.
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        let semaphore = match place.semaphore {
            0 => String::new(),
            semaphore => format!("({semaphore:#x})"),
        };
        tracefs.command(&format!("p:{GROUP}/{name} {path}:{:#x}{semaphore}", place.offset))?;
        let mut definition = Definition { tracefs: tracefs.clone(), name, id: 0 };
        let id = tracefs.read(&format!("events/{GROUP}/{}/id", definition.name))?;
        definition.id = id.trim().parse().map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(definition)
    }
}

/// Defines all sites of a file, or none.
pub(super) fn all(tracefs: &Arc<Tracefs>, path: &Path, places: &[Place]) -> io::Result<Vec<Definition>> {
    let file = File::open(path)?;
    places.iter().map(|place| Definition::new(tracefs, &file, place)).collect()
}

impl Drop for Definition {
    fn drop(&mut self) {
        for _ in 0..TRIES {
            match remove(&self.tracefs, &self.name) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => sleep(PAUSE),
                // What can't be removed is left to the next tracer.
                _ => return,
            }
        }
    }
}

/// Removes what tracers left that were killed.
pub(super) fn sweep(tracefs: &Tracefs) {
    let Some(this) = Maker::this() else { return };
    let uprobes = tracefs.uprobes().unwrap_or_default();
    let prefix = format!("p:{GROUP}/");
    let names = uprobes.lines().filter_map(|line| line.strip_prefix(&prefix)?.split(' ').next());
    for name in names.filter(|name| Maker::of(name).is_some_and(|maker| maker.is_gone(&this))) {
        // Somebody else may have been faster.
        let _ = remove(tracefs, name);
    }
}

fn remove(tracefs: &Tracefs, name: &str) -> io::Result<()> {
    tracefs.command(&format!("-:{GROUP}/{name}"))
}

/// The process that made a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Maker {
    pid: u32,
    /// Another process may have its id later, but not its start.
    start: u64,
    /// The inode of its namespace of process ids: what is in another can't be told alive from dead.
    namespace: u64,
}

impl Maker {
    fn this() -> Option<Maker> {
        let pid = std::process::id();
        let namespace = fs::metadata("/proc/self/ns/pid").ok()?.st_ino();
        Some(Maker { pid, start: start(pid)?, namespace })
    }

    fn name(self, number: u64) -> String {
        format!("p{}_{}_{}_{number}", self.pid, self.start, self.namespace)
    }

    fn of(name: &str) -> Option<Maker> {
        let mut parts = name.strip_prefix('p')?.split('_');
        let mut next = || parts.next()?.parse().ok();
        let maker = Maker { pid: u32::try_from(next()?).ok()?, start: next()?, namespace: next()? };
        Some(maker)
    }

    fn is_gone(self, this: &Maker) -> bool {
        self.namespace == this.namespace && start(self.pid) != Some(self.start)
    }
}

/// When a process started, in the kernel's ticks; `None` if it has ended.
fn start(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is a name in parentheses, and may hold anything; the start is the 22nd.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_who_made_them() {
        let this = Maker::this().unwrap();
        assert_eq!(Maker::of(&this.name(7)), Some(this));
        assert!(!this.is_gone(&this));
        assert!(Maker { start: this.start + 1, ..this }.is_gone(&this));
        assert!(!Maker { start: this.start + 1, namespace: 1, ..this }.is_gone(&this));
        assert!(this.name(u64::MAX).len() < 64, "the kernel's limit");
        assert_eq!(Maker::of("p1_2"), None);
        assert_eq!(Maker::of("manual"), None);
    }
}
