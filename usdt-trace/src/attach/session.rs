//! Probes that are watched: from the samples in the rings to events in the order of time.

use std::collections::HashMap;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use perf_event::Counter;

use super::definition::Definition;
use super::firing::Firing;
use super::kernel::{self, Kernel};
use super::plan::{self, Plan};
use super::rings::Rings;
use super::sample::Sample;
use super::uprobe::{self, Events, Purpose};
use super::{AttachError, Options, Scope, isolated};
use crate::decode::Operand;
use crate::{Event, Kind, Lost, Probe, Time};

/// What is younger than this is kept until the next look: another processor may still be writing what came before it.
const MARGIN: Duration = Duration::from_millis(5);
/// The rings are looked at no more often than this, unless one fills up: each look costs, and many events in one are cheap.
const PAUSE: Duration = Duration::from_millis(10);
/// The same while nothing fires.
const IDLE: Duration = Duration::from_millis(20);

/// Probes that are watched, one firing after the other.
///
/// All that may wait for the reader is in the kernel's buffers, which have a fixed size: what doesn't fit there is lost, and
/// counted. Processors that are switched on later are not watched.
pub struct Session {
    options: Options,
    kernel: Kernel,
    rings: Rings,
    watches: Vec<Watch>,
    /// Which event a sample is of, by its id.
    sources: HashMap<u64, Source>,
    pending: Pending,
    last_look: Option<Instant>,
}

/// A probe that is watched.
struct Watch {
    probe: Arc<Probe>,
    scope: Scope,
    /// Firings of other processes are left out.
    only: Option<u32>,
    kinds: Vec<Kind>,
    plans: Vec<Plan>,
    counters: Vec<Counter>,
    /// What they are of, if that is defined by name.
    #[expect(dead_code, reason = "removed on drop, after the counters")]
    definitions: Vec<Definition>,
    /// How many samples were read.
    received: u64,
    /// How many of them were no samples of this site's kind: they count as lost.
    damaged: u64,
}

#[derive(Clone, Copy)]
struct Source {
    watch: usize,
    site: usize,
}

/// What was read from the rings and is not given out yet.
#[derive(Default)]
struct Pending {
    events: Vec<Event>,
    operands: Vec<Operand>,
}

impl Session {
    /// A session that watches nothing yet.
    ///
    /// # Errors
    ///
    /// If the kernel has no uprobes, or doesn't let this user.
    pub fn new(options: Options) -> Result<Session, AttachError> {
        let kernel = Kernel::ask()?;
        let rings = Rings::new(&kernel, options.buffer)?;
        Ok(Session {
            options,
            kernel,
            rings,
            watches: Vec::new(),
            sources: HashMap::new(),
            pending: Pending::default(),
            last_look: None,
        })
    }

    /// Watches a probe too: all its sites. A probe that is watched already is not watched twice.
    ///
    /// # Errors
    ///
    /// If the kernel refuses one of the sites: then none is watched.
    pub fn attach(&mut self, probe: &Arc<Probe>, scope: Scope) -> Result<(), AttachError> {
        if self.watches.iter().any(|watch| watch.covers(probe, scope)) {
            return Ok(());
        }
        let kinds = plan::kinds(probe, &self.options);
        let plans: Vec<Plan> = probe.sites.iter().map(|site| Plan::of(site, &kinds, &self.options)).collect();
        let only = scope.process()?;
        let Events { opened, definitions } = open(&self.kernel, probe, only, Purpose::Sample(&plans))?;
        for event in &opened {
            self.rings.receive(event)?;
        }
        let watch = self.watches.len();
        let sources = opened.iter().map(|event| (event.counter.id(), Source { watch, site: event.site }));
        self.sources.extend(sources);
        let counters = opened.into_iter().map(|event| event.counter).collect();
        let mut watch = Watch {
            probe: probe.clone(),
            scope,
            only,
            kinds,
            plans,
            counters,
            definitions,
            received: 0,
            damaged: 0,
        };
        let enabled = watch.each(Counter::enable);
        self.watches.push(watch);
        enabled.map_err(AttachError::io("enabling an event"))
    }

    /// What has fired, in the order of time. Waits until there is something, at most for this long.
    ///
    /// A firing is given at most 35 ms after it happened, if the machine isn't busy.
    ///
    /// # Errors
    ///
    /// If the kernel can't be asked.
    pub fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, AttachError> {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            let left = deadline.map_or(IDLE, |deadline| deadline.saturating_duration_since(Instant::now()));
            self.pause(left)?;
            let ready = self.look();
            if !ready.is_empty() || left.is_zero() {
                return Ok(ready);
            }
        }
    }

    /// What was lost until now, of each probe that lost something.
    ///
    /// # Errors
    ///
    /// If the kernel can't be asked.
    pub fn lost(&mut self) -> Result<Vec<Lost>, AttachError> {
        if !self.kernel.counts_lost {
            // Whatever was counted and isn't in the rings by now is lost.
            return self.lost_of_counts();
        }
        let lost = self.watches.iter_mut().map(|watch| {
            let count = watch.sum(|counter| Ok(counter.read_full()?.lost().unwrap_or(0)))?;
            Ok(Lost { probe: watch.probe.clone(), count: count + watch.damaged })
        });
        some(lost.collect())
    }

    /// Detaches, and gives what had fired until then.
    ///
    /// # Errors
    ///
    /// If the kernel can't be asked.
    pub fn stop(mut self) -> Result<(Vec<Event>, Vec<Lost>), AttachError> {
        for watch in &mut self.watches {
            watch.each(Counter::disable).map_err(AttachError::io("disabling an event"))?;
        }
        let mut events = self.everything();
        let lost = self.lost()?;
        // On kernels that don't count what is lost, that has looked again.
        events.append(&mut self.pending.release(u64::MAX));
        Ok((events, lost))
    }

    /// What has fired, also what may not be in order yet.
    pub(super) fn everything(&mut self) -> Vec<Event> {
        self.read_rings();
        self.pending.release(u64::MAX)
    }

    /// Waits until the next look is due.
    fn pause(&self, left: Duration) -> Result<(), AttachError> {
        let pause = if self.pending.events.is_empty() { IDLE } else { PAUSE };
        let since = self.last_look.map_or(pause, |look| look.elapsed());
        let pause = pause.saturating_sub(since).min(left);
        if pause.is_zero() { Ok(()) } else { self.rings.wait(pause) }
    }

    /// Reads the rings, and gives what is old enough to be in order.
    fn look(&mut self) -> Vec<Event> {
        let margin = MARGIN.as_nanos().try_into().unwrap_or(u64::MAX);
        let settled = kernel::now().saturating_sub(margin);
        self.last_look = Some(Instant::now());
        self.read_rings();
        self.pending.release(settled)
    }

    fn read_rings(&mut self) {
        let Session { rings, watches, sources, pending, options, .. } = self;
        rings.drain(|record| {
            let source = Sample::id(record).and_then(|id| sources.get(&id));
            if let Some(source) = source
                && let Some(watch) = watches.get_mut(source.watch)
            {
                pending.read(record, watch, source.site, options.text);
            }
        });
    }

    /// On kernels that don't count lost samples.
    fn lost_of_counts(&mut self) -> Result<Vec<Lost>, AttachError> {
        let counted: Result<Vec<u64>, _> =
            self.watches.iter_mut().map(|watch| watch.sum(Counter::read)).collect();
        let counted = counted.map_err(AttachError::io("reading what was lost"))?;
        self.read_rings();
        let lost = self.watches.iter().zip(counted).map(|(watch, counted)| {
            Ok(Lost { probe: watch.probe.clone(), count: counted.saturating_sub(watch.received) })
        });
        some(lost.collect())
    }
}

/// Opens the events of a process, or of all where it can't have its own.
fn open(
    kernel: &Kernel,
    probe: &Probe,
    only: Option<u32>,
    purpose: Purpose<'_>,
) -> Result<Events, AttachError> {
    if let Some(pid) = only
        && let Some(events) = isolated::open(kernel, probe, pid, purpose)?
    {
        return Ok(events);
    }
    uprobe::open(kernel, probe, purpose)
}

/// Of probes that lost something.
fn some(lost: Result<Vec<Lost>, std::io::Error>) -> Result<Vec<Lost>, AttachError> {
    let mut lost = lost.map_err(AttachError::io("reading what was lost"))?;
    lost.retain(|lost| lost.count > 0);
    Ok(lost)
}

impl Watch {
    /// Whether it sees what a probe would show in a scope.
    fn covers(&self, probe: &Probe, scope: Scope) -> bool {
        (self.scope == scope || self.scope == Scope::Everywhere) && is_same(&self.probe, probe)
    }

    fn each(&mut self, action: impl FnMut(&mut Counter) -> std::io::Result<()>) -> std::io::Result<()> {
        self.counters.iter_mut().try_for_each(action)
    }

    fn sum(&mut self, mut number: impl FnMut(&mut Counter) -> std::io::Result<u64>) -> std::io::Result<u64> {
        let mut sum = 0;
        for counter in &mut self.counters {
            sum += number(counter)?;
        }
        Ok(sum)
    }
}

/// Whether two values speak of one probe: files may be read twice.
pub(super) fn is_same(a: &Probe, b: &Probe) -> bool {
    let places = |probe: &Probe| probe.sites.iter().map(|site| site.address).collect::<Vec<_>>();
    a.object.identity == b.object.identity && a.full_name() == b.full_name() && places(a) == places(b)
}

impl Pending {
    /// Reads a sample of a site.
    fn read(&mut self, record: &[u8], watch: &mut Watch, site: usize, limit: usize) {
        let plan = watch.plans[site];
        let Some(sample) = Sample::read(record, plan.contents()) else {
            watch.damaged += 1;
            return;
        };
        watch.received += 1;
        if watch.only.is_some_and(|pid| pid != sample.pid) {
            return;
        }
        let Sample { pid, tid, time, cpu, .. } = sample;
        let stack = sample.frames().collect();
        let firing = Firing::new(sample);
        let values = firing.values(&watch.probe.sites[site], &watch.kinds, limit, &mut self.operands);
        let probe = watch.probe.clone();
        self.events.push(Event { time: Time(time), pid, tid, cpu, probe, site, values, stack });
    }

    /// Takes out what fired until a moment, in order.
    fn release(&mut self, until: u64) -> Vec<Event> {
        // Each ring is in order already, which this sort makes use of.
        self.events.sort_by_key(|event| event.time);
        let end = self.events.partition_point(|event| event.time.0 <= until);
        let younger = self.events.split_off(end);
        mem::replace(&mut self.events, younger)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let probes: Vec<String> = self.watches.iter().map(|watch| watch.probe.full_name()).collect();
        f.debug_struct("Session").field("probes", &probes).finish_non_exhaustive()
    }
}
