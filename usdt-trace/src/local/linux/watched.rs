//! Probes that were attached to together: their breakpoints, their semaphores, and the queue of their firings.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::breakpoint::{self, Breakpoint};
use super::located::{self, Located, Semaphore};
use super::maps::Maps;
use super::queue::Queue;
use super::record::Copied;
use super::registry::{self, Registry};
use super::trap;
use super::watcher::{Placed, Watcher};
use crate::find::Loaded;
use crate::local::{AttachError, Options};
use crate::{Event, Lost, Probe, Time, decode};

/// Dropping it takes everything back.
pub(super) struct Watched {
    placed: Placed,
    /// Breakpoints that are armed, with the semaphores of their sites.
    armed: Vec<(&'static Breakpoint, Option<Semaphore>)>,
    /// Semaphores that are raised. Sites of a probe may share one: it counts tracers, not sites.
    raised: Vec<Semaphore>,
}

impl Watched {
    pub(super) fn new(
        registry: &mut Registry,
        probes: &[&Loaded],
        thread: u32,
        options: &Options,
    ) -> Result<Watched, AttachError> {
        let maps = Maps::read()?;
        let mut sites = Vec::new();
        for loaded in probes {
            sites.extend(located::locate(loaded, &maps, |address| registry.original(address))?);
        }
        let breakpoint_of = |site: &Located| {
            breakpoint::of_site(&site.probe, site.site, site.bias, site.address, site.behind)
        };
        let breakpoints: Vec<&'static Breakpoint> = sites.iter().map(breakpoint_of).collect();
        let queue = Queue::new(options.events, options.text);
        let watcher = Watcher::new(thread, queue, breakpoints.clone());
        let mut watched = Watched {
            placed: watcher.place().ok_or(AttachError::TooManyTracers)?,
            armed: Vec::new(),
            raised: Vec::new(),
        };
        let armed = watched.arm(registry, &sites, &breakpoints);
        if armed.is_err() {
            watched.take_back(registry);
        }
        armed.map(|()| watched)
    }

    fn arm(
        &mut self,
        registry: &mut Registry,
        sites: &[Located],
        breakpoints: &[&'static Breakpoint],
    ) -> Result<(), AttachError> {
        for (site, &breakpoint) in sites.iter().zip(breakpoints) {
            registry.arm(breakpoint, site)?;
            self.armed.push((breakpoint, site.semaphore));
            breakpoint.set_watched(self.placed.slot, true);
        }
        let mut semaphores: Vec<Semaphore> = sites.iter().filter_map(|site| site.semaphore).collect();
        semaphores.sort_unstable_by_key(|semaphore| semaphore.address);
        semaphores.dedup();
        semaphores.iter().copied().for_each(registry::raise);
        self.raised = semaphores;
        Ok(())
    }

    fn take_back(&mut self, registry: &mut Registry) {
        let (armed, raised) = (mem::take(&mut self.armed), mem::take(&mut self.raised));
        armed.iter().for_each(|(breakpoint, _)| breakpoint.set_watched(self.placed.slot, false));
        // Without /proc nobody knows whether the code is still there: then it is left as it is, and the handler goes on.
        let Ok(maps) = Maps::read() else { return };
        raised.into_iter().for_each(|semaphore| registry::lower(semaphore, &maps));
        armed.into_iter().for_each(|(breakpoint, _)| registry.disarm(breakpoint, &maps));
    }

    /// Forgets sites whose library was unloaded, and may have been loaded again at the same place, and sites whose breakpoint
    /// somebody has taken away.
    pub(super) fn forget_gone(&mut self, registry: &mut Registry) -> Result<(), AttachError> {
        let is_there = |(breakpoint, _): &(&Breakpoint, _)| trap::is_breakpoint(breakpoint.address);
        if self.armed.iter().all(is_there) {
            return Ok(());
        }
        let maps = Maps::read()?;
        let (armed, gone): (Vec<_>, Vec<_>) = mem::take(&mut self.armed).into_iter().partition(is_there);
        self.armed = armed;
        for &(breakpoint, _) in &gone {
            breakpoint.set_watched(self.placed.slot, false);
            registry.disarm(breakpoint, &maps);
        }
        let is_gone =
            |semaphore: &mut Semaphore| gone.iter().any(|&(_, of_gone)| of_gone == Some(*semaphore));
        self.raised.extract_if(.., is_gone).for_each(|semaphore| registry::lower(semaphore, &maps));
        Ok(())
    }

    /// Whether it watches this probe in this mapping of its file.
    pub(super) fn has(&self, loaded: &Loaded) -> bool {
        self.armed.iter().any(|(breakpoint, _)| breakpoint.is_of(&loaded.probe, loaded.bias))
    }

    /// The probes that it watches.
    pub(super) fn probes(&self) -> impl Iterator<Item = &Arc<Probe>> {
        let first = self.armed.iter().filter(|(breakpoint, _)| breakpoint.site == 0);
        first.map(|(breakpoint, _)| &breakpoint.probe)
    }

    /// Appends what has fired, each thread's firings in their order.
    pub(super) fn take(&self, into: &mut Vec<Event>, limit: usize) {
        self.placed.queue.take(|record, bytes| into.push(event(&Copied { record, bytes }, limit)));
    }

    pub(super) fn lost(&self) -> impl Iterator<Item = Lost> {
        let counted = self.placed.breakpoints.iter().zip(&self.placed.lost);
        let lost = counted.map(|(breakpoint, lost)| Lost {
            probe: Arc::clone(&breakpoint.probe),
            count: lost.load(Ordering::Relaxed),
        });
        lost.filter(|lost| lost.count != 0)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // One that could not attach was taken back already, under the lock.
        if !self.armed.is_empty() {
            registry::with(|registry| self.take_back(registry));
        }
    }
}

fn event(copied: &Copied<'_>, limit: usize) -> Event {
    let record = copied.record;
    let breakpoint = record.breakpoint;
    Event {
        time: Time(record.time),
        pid: record.pid,
        tid: record.tid,
        cpu: record.cpu,
        probe: Arc::clone(&breakpoint.probe),
        site: breakpoint.site,
        values: decode::values(&breakpoint.kinds, &record.operands, copied, limit),
        stack: Vec::new(),
    }
}
