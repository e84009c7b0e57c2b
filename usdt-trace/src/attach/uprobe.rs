//! Opens events: one for each site on each processor, which sees every process. [`isolated`](super::isolated) opens others.

use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;

use perf_event::events::Software;
use perf_event::{Builder, Counter};
use perf_event_open_sys::bindings;

use super::AttachError;
use super::definition::{self, Definition};
use super::kernel::Kernel;
use super::plan::Plan;
use crate::{Probe, Site};

/// What happens with the firings.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose<'plans> {
    /// They are counted.
    Count,
    /// They become samples; a plan for each site.
    Sample(&'plans [Plan]),
}

impl Purpose<'_> {
    pub(super) fn plan(self, site: usize) -> Option<Plan> {
        match self {
            Purpose::Count => None,
            Purpose::Sample(plans) => plans.get(site).copied(),
        }
    }
}

/// An event that was opened.
pub(super) struct Opened {
    /// The kernel's handle.
    pub(super) counter: Counter,
    /// Which of the probe's sites.
    pub(super) site: usize,
    /// The processor.
    pub(super) processor: u32,
}

/// The events of a probe.
pub(super) struct Events {
    pub(super) opened: Vec<Opened>,
    /// What they are of, where that has a name; to be dropped after them.
    pub(super) definitions: Vec<Definition>,
}

/// Opens the events of all sites of a probe, or none. They see every process, and are not enabled yet.
pub(super) fn open(kernel: &Kernel, probe: &Probe, purpose: Purpose<'_>) -> Result<Events, AttachError> {
    let path = CString::new(probe.object.open.as_os_str().as_bytes()).map_err(io::Error::from);
    let path = path.map_err(AttachError::io("naming the file"))?;
    let places = places(probe)?;
    let defined =
        kernel.tracefs().and_then(|tracefs| definition::all(tracefs, &probe.object.open, &places).ok());
    let definitions = defined.unwrap_or_default();
    let mut opened = Vec::new();
    for (site, place) in places.iter().enumerate() {
        for &processor in &kernel.processors {
            let source = definitions
                .get(site)
                .map_or(Source::Place(&path, place), |definition| Source::Defined(definition.id));
            let counter = one(kernel, source, Target::Everyone, processor, purpose.plan(site))
                .map_err(|error| refused(probe, site, error))?;
            opened.push(Opened { counter, site, processor });
        }
    }
    Ok(Events { opened, definitions })
}

/// A site as the kernel is told of it.
pub(super) struct Place {
    /// Of the nop in the file.
    pub(super) offset: u64,
    /// Of the semaphore in the file; 0 for none.
    pub(super) semaphore: u32,
}

/// What an event is of.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// A place in a file.
    Place(&'a CStr, &'a Place),
    /// What a definition has this id for.
    Defined(u64),
}

/// Whose firings an event sees.
#[derive(Clone, Copy)]
pub(super) enum Target {
    Everyone,
    /// A thread, and those that it starts.
    Thread(u32),
}

/// The sites of a probe.
pub(super) fn places(probe: &Probe) -> Result<Vec<Place>, AttachError> {
    if Some(probe.object.architecture) != usdt_core::model::Architecture::HOST {
        return Err(AttachError::OtherArchitecture);
    }
    let place = |site: &Site| {
        let offset = site.offset?;
        let semaphore = match site.semaphore {
            // The kernel's field for it has 32 bits.
            Some(semaphore) => u32::try_from(semaphore.offset?).ok()?,
            None => 0,
        };
        Some(Place { offset, semaphore })
    };
    let sites = probe.sites.iter().enumerate();
    sites
        .map(|(i, site)| place(site).ok_or_else(|| AttachError::NotInFile { site: name(probe, i) }))
        .collect()
}

/// How a message names a site.
fn name(probe: &Probe, site: usize) -> String {
    let address = probe.sites.get(site).map_or(0, |site| site.address);
    format!("{} at {address:#x} of {}", probe.full_name(), probe.object.path.display())
}

/// Opens the event of a site on a processor.
///
/// A place and a thread never come together: for each new thread of a process the kernel would make an event of the same
/// attributes, on that thread, read the path from the memory of *that* process, fail, and let the process start no thread any
/// more.
pub(super) fn one(
    kernel: &Kernel,
    source: Source<'_>,
    target: Target,
    processor: u32,
    plan: Option<Plan>,
) -> io::Result<Counter> {
    let mut builder = Builder::new(Software::DUMMY);
    match target {
        Target::Everyone => builder.any_pid(),
        Target::Thread(thread) => {
            builder.observe_pid(thread.cast_signed()).inherit(true).inherit_thread(true).enabled(true)
        }
    };
    builder.one_cpu(processor as usize);
    let attrs = builder.attrs_mut();
    match source {
        Source::Place(path, place) => {
            attrs.type_ = kernel.uprobes;
            attrs.config = u64::from(place.semaphore) << 32;
            // `path` lives until the event is open, and the kernel copies it.
            attrs.__bindgen_anon_3.config1 = path.as_ptr().expose_provenance() as u64;
            attrs.__bindgen_anon_4.config2 = place.offset;
        }
        Source::Defined(id) => {
            attrs.type_ = bindings::PERF_TYPE_TRACEPOINT;
            attrs.config = id;
        }
    }
    attrs.read_format = if kernel.counts_lost { u64::from(bindings::PERF_FORMAT_LOST) } else { 0 };
    if let Some(plan) = plan {
        sample(attrs, plan);
    }
    builder.build()
}

fn refused(probe: &Probe, site: usize, error: io::Error) -> AttachError {
    AttachError::of_everything(&error)
        .unwrap_or_else(|| AttachError::Kernel { site: name(probe, site), error })
}

/// Each firing becomes a sample.
fn sample(attrs: &mut bindings::perf_event_attr, plan: Plan) {
    use bindings::{
        PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_CPU, PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_REGS_USER,
        PERF_SAMPLE_STACK_USER, PERF_SAMPLE_TID, PERF_SAMPLE_TIME,
    };
    let mut kind = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU;
    attrs.__bindgen_anon_1.sample_period = 1;
    if plan.frames {
        kind |= PERF_SAMPLE_CALLCHAIN;
        attrs.set_exclude_callchain_kernel(1);
    }
    if plan.registers != 0 {
        kind |= PERF_SAMPLE_REGS_USER;
        attrs.sample_regs_user = plan.registers;
    }
    if plan.stack != 0 {
        kind |= PERF_SAMPLE_STACK_USER;
        attrs.sample_stack_user = plan.stack.into();
    }
    attrs.sample_type = kind.into();
    monotonic(attrs);
}

/// Events that share a ring must have one clock.
pub(super) fn monotonic(attrs: &mut bindings::perf_event_attr) {
    attrs.set_use_clockid(1);
    attrs.clockid = libc::CLOCK_MONOTONIC;
}
