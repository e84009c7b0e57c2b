//! Probes whose firings are counted.

use std::fmt;
use std::sync::Arc;

use perf_event::Counter;

use super::definition::Definition;
use super::kernel::Kernel;
use super::session::is_same;
use super::uprobe::{self, Events, Purpose};
use super::{AttachError, Options, Scope, Session, isolated};
use crate::{Event, Lost, Probe, Site};

/// Probes whose firings are counted: cheaper than a [`Session`], and nothing is ever lost.
///
/// They are counted in the kernel. Only where one process can't be watched without the others ([`Scope::Process`] says when) its
/// firings are counted here, of the smallest samples that there are. If [`read`](Self::read) isn't called often
/// enough (each processor's buffer has room for 200,000) those that didn't fit are counted too, whichever process fired them.
#[derive(Default)]
pub struct Counts {
    kernel: Option<Kernel>,
    samples: Option<Session>,
    probes: Vec<Counted>,
}

struct Counted {
    probe: Arc<Probe>,
    scope: Scope,
    /// Of the kernel.
    counters: Vec<Counter>,
    /// What they are of, if that is defined by name.
    #[expect(dead_code, reason = "removed on drop, after the counters")]
    definitions: Vec<Definition>,
    /// Of the samples.
    seen: u64,
}

impl Counts {
    /// Counts nothing yet.
    pub fn new() -> Counts {
        Counts::default()
    }

    /// Counts a probe too: all its sites.
    ///
    /// # Errors
    ///
    /// If the kernel refuses one of the sites: then none is counted.
    pub fn attach(&mut self, probe: &Arc<Probe>, scope: Scope) -> Result<(), AttachError> {
        let kernel = match self.kernel.take() {
            Some(kernel) => kernel,
            None => Kernel::ask()?,
        };
        let kernel = self.kernel.insert(kernel);
        let events = match scope.process()? {
            None => Some(uprobe::open(kernel, probe, Purpose::Count)?),
            Some(pid) => isolated::open(kernel, probe, pid, Purpose::Count)?,
        };
        let counted = match events {
            Some(events) => Counted::in_kernel(probe, scope, events)?,
            None => self.by_samples(probe, scope)?,
        };
        self.probes.push(counted);
        Ok(())
    }

    fn by_samples(&mut self, probe: &Arc<Probe>, scope: Scope) -> Result<Counted, AttachError> {
        let session = match self.samples.take() {
            Some(session) => session,
            None => Session::new(Options::default())?,
        };
        let session = self.samples.insert(session);
        // The session watches it once, however often it is counted.
        let known = self
            .probes
            .iter()
            .find(|known| known.scope == scope && known.counters.is_empty() && is_same(&known.probe, probe));
        let probe = known.map_or_else(|| Arc::new(without_arguments(probe)), |known| known.probe.clone());
        session.attach(&probe, scope)?;
        Ok(Counted { probe, scope, counters: Vec::new(), definitions: Vec::new(), seen: 0 })
    }

    /// How often each probe has fired, in the order in which they were attached.
    ///
    /// # Errors
    ///
    /// If the kernel can't be asked.
    pub fn read(&mut self) -> Result<Vec<u64>, AttachError> {
        let (events, lost) = match &mut self.samples {
            Some(session) => (session.everything(), session.lost()?),
            None => (Vec::new(), Vec::new()),
        };
        self.probes.iter_mut().map(|counted| counted.read(&events, &lost)).collect()
    }
}

impl Counted {
    fn in_kernel(probe: &Arc<Probe>, scope: Scope, events: Events) -> Result<Counted, AttachError> {
        let mut counters: Vec<Counter> = events.opened.into_iter().map(|event| event.counter).collect();
        for counter in &mut counters {
            counter.enable().map_err(AttachError::io("enabling an event"))?;
        }
        Ok(Counted { probe: probe.clone(), scope, counters, definitions: events.definitions, seen: 0 })
    }

    fn read(&mut self, events: &[Event], lost: &[Lost]) -> Result<u64, AttachError> {
        let own = |probe: &Arc<Probe>| Arc::ptr_eq(probe, &self.probe);
        self.seen += events.iter().filter(|event| own(&event.probe)).count() as u64;
        let lost: u64 = lost.iter().filter(|lost| own(&lost.probe)).map(|lost| lost.count).sum();
        let mut count = self.seen + lost;
        for counter in &mut self.counters {
            count += counter.read().map_err(AttachError::io("reading a count"))?;
        }
        Ok(count)
    }
}

/// The probe, of whose firings nothing is copied.
fn without_arguments(probe: &Probe) -> Probe {
    let sites = probe.sites.iter().map(|site| Site { operands: Vec::new(), ..site.clone() });
    Probe { args: Vec::new(), sites: sites.collect(), ..probe.clone() }
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let probes: Vec<String> = self.probes.iter().map(|counted| counted.probe.full_name()).collect();
        f.debug_struct("Counts").field("probes", &probes).finish_non_exhaustive()
    }
}
