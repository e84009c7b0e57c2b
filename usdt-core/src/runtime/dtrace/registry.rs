//! What this copy of the library has made known to the kernel: one DOF a provider, however many definitions name it.
//!
//! The kernel puts what it knows of a provider together by its name, and drops a second probe of one name without a word. So
//! definitions with a probe in common share its stub, which is counted.
//!
//! # Registering again
//!
//! A DOF can't be changed. If probes come or go, the provider's DOF is taken back, and then another one is registered. Not the
//! other way round: the kernels would keep the probes of the first one (they count the DOFs of a provider, and drop a probe
//! that they have), with the types of arguments in the memory of the DOF that they then free.
//!
//! The kernels' `fasttrap` retires a provider that is taken back, but an instruction that a tracer has put into it stays until the
//! tracer lets go of it, or the kernel makes it do so. Three things follow:
//!
//! * A probe that was watched gets another stub. The tracer is matched with the new provider at once, since registering does
//!   that for everything that tracers have asked for; at the old place the kernel would find its own trap instead of an
//!   instruction. So a script that names the provider goes on to see the probes, and those that were added.
//! * A thread may still run the old stub, and must not die of it: see [`Anchor`].
//! * A stub that was given back is used again only once its instructions are the compiled ones: see [`pool`](super::pool).
//!
//! All of this is about one DOF a provider. Where a static provider, or another copy of this library, has the same name, the
//! kernels don't retire it when one of the DOFs goes: give providers of one process different names.
//!
//! # Safety
//!
//! `unsafe` is here because a kernel writes to the instructions that it is told of: those of stubs, which stay for ever, and
//! are given to others only when the kernel has forgotten them.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::anchor::Anchor;
use super::pool::{PROBES, Place, Stub};
use crate::dof::Located;
use crate::helper::{self, Device as _, DofMemory, Kernel, Registration};
use crate::model::{Architecture, ArgType, Probe, described};
use crate::runtime::{ProbeDefinition, ProviderDefinition, Refusal};

/// A provider of the process.
#[derive(Default)]
struct Provider {
    probes: Vec<Known>,
    registration: Option<Registration<'static, Kernel>>,
}

/// A probe that the kernel knows.
struct Known {
    probe: Probe<ArgType>,
    place: Arc<Place>,
}

static PROVIDERS: Mutex<BTreeMap<String, Provider>> = Mutex::new(BTreeMap::new());

fn providers() -> MutexGuard<'static, BTreeMap<String, Provider>> {
    PROVIDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The stubs of one definition's probes.
pub(super) struct Taken {
    provider: String,
    places: Vec<Arc<Place>>,
}

impl Taken {
    /// Takes a stub for each probe, and has the kernel learn of those that it doesn't know.
    pub(super) fn new(definition: &ProviderDefinition) -> Result<(Taken, helper::Status), Refusal> {
        let mut providers = providers();
        let provider = providers.entry(definition.name.clone()).or_default();
        let before = provider.probes.len();
        let done = provider.take(definition).and_then(|places| {
            let status = provider.publish(&definition.name, before)?;
            Ok((Taken { provider: definition.name.clone(), places }, status))
        });
        if done.is_err() {
            // The kernel has not been told of these.
            for known in provider.probes.drain(before..) {
                give_back(known.place);
            }
            if provider.probes.is_empty() {
                providers.remove(&definition.name);
            }
        }
        done
    }

    pub(super) fn stub(&self, index: usize) -> Stub {
        self.places[index].stub()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut providers = providers();
        self.places.clear();
        let Some(provider) = providers.get_mut(&self.provider) else { return };
        provider.forget_unused(&self.provider);
        if provider.probes.is_empty() {
            providers.remove(&self.provider);
        }
    }
}

impl Provider {
    /// A stub for each probe: the one that it has, or a new one.
    fn take(&mut self, definition: &ProviderDefinition) -> Result<Vec<Arc<Place>>, Refusal> {
        let mut places = Vec::with_capacity(definition.probes.len());
        for probe in &definition.probes {
            let probe = visible(probe);
            let known = self.probes.iter().find(|known| is_same(&known.probe, &probe));
            places.push(match known {
                Some(known) => Arc::clone(&known.place),
                None => {
                    let stub = Stub::take().ok_or(Refusal::NoStubs { limit: PROBES })?;
                    let place = Arc::new(Place::new(stub));
                    self.probes.push(Known { probe, place: Arc::clone(&place) });
                    place
                }
            });
        }
        Ok(places)
    }

    /// Makes sure that the kernel knows all probes, of which it should know so many already.
    fn publish(&mut self, name: &str, before: usize) -> Result<helper::Status, Refusal> {
        let has_new = self.probes.len() > before;
        if let Some(registration) = self.registration.as_mut().filter(|_| !has_new) {
            return known(registration.register());
        }
        // What no DOF can hold changes nothing.
        describe(name, &self.probes)?;
        let _anchor = self.take_back()?;
        let published = self.register(name, self.probes.len());
        if published.is_err() && before > 0 {
            // What was known should be known again. If it can't be, nobody could be told.
            let _ = self.register(name, before);
        }
        published
    }

    /// Takes the provider's DOF back from the kernel. The anchor is to be kept until another one is registered.
    fn take_back(&mut self) -> Result<Option<Anchor>, Refusal> {
        let Some(registration) = &mut self.registration else { return Ok(None) };
        let anchor = Anchor::new();
        registration.unregister().map_err(Refusal::Kernel)?;
        self.registration = None;
        // From now on no tracer changes any more of them.
        self.probes.iter().for_each(|known| known.place.leave_touched());
        Ok(Some(anchor))
    }

    /// Registers the first probes.
    fn register(&mut self, name: &str, count: usize) -> Result<helper::Status, Refusal> {
        let dof = describe(name, &self.probes[..count])?;
        // SAFETY: it is a whole DOF of the kernel's system. Its sites are in stubs, whose code is never unmapped.
        let registration = unsafe { helper::register(dof) };
        let status = known(registration.status())?;
        self.registration = Some(registration);
        Ok(status)
    }

    /// Takes probes back from the kernel that nobody has any more.
    fn forget_unused(&mut self, name: &str) {
        if self.probes.iter().all(Known::is_used) {
            return;
        }
        // Where the kernel doesn't let go of them they stay, and are taken by whoever defines them again.
        let Ok(_anchor) = self.take_back() else { return };
        let (used, unused): (Vec<Known>, Vec<Known>) =
            std::mem::take(&mut self.probes).into_iter().partition(Known::is_used);
        self.probes = used;
        if !self.probes.is_empty() {
            // They were known before, so what can stand in the way now is nothing that anybody could be told.
            let _ = self.register(name, self.probes.len());
        }
        unused.into_iter().for_each(|known| give_back(known.place));
    }
}

impl Known {
    /// Whether anybody has it but the provider.
    fn is_used(&self) -> bool {
        Arc::strong_count(&self.place) > 1
    }
}

/// The probe with as many arguments as tracers can read. Its doc and the names of its arguments are nothing to a kernel.
fn visible(probe: &ProbeDefinition) -> Probe<ArgType> {
    let args = probe.args[..described(&probe.args)].to_vec();
    Probe { name: probe.name.clone(), doc: String::new(), args }
}

fn is_same(one: &Probe<ArgType>, other: &Probe<ArgType>) -> bool {
    let types = |probe: &Probe<ArgType>| probe.args.iter().map(|arg| arg.ty).collect::<Vec<_>>();
    one.name == other.name && types(one) == types(other)
}

/// A DOF of a provider's probes.
fn describe(name: &str, probes: &[Known]) -> Result<DofMemory, Refusal> {
    let (Some(system), Some(architecture)) = (Kernel.system(), Architecture::HOST) else {
        return Err(Refusal::Unsupported);
    };
    let located = |known: &Known| Located {
        provider: name.to_owned(),
        probe: known.probe.clone(),
        // There is no function that a person has written. A D script that names one names the probe twice.
        function: known.probe.name.replace('-', "_"),
        sites: vec![known.place.stub().site()],
        enabled_sites: vec![known.place.stub().enabled_site()],
    };
    let probes: Vec<Located> = probes.iter().map(located).collect();
    helper::describe(&probes, &helper::module(), system, architecture).map_err(Refusal::Dof)
}

fn known(status: &helper::Status) -> Result<helper::Status, Refusal> {
    match status {
        helper::Status::Unavailable { why } => Err(Refusal::Kernel(why.clone())),
        status => Ok(status.clone()),
    }
}

/// The kernel doesn't know it, and nobody else has it.
fn give_back(place: Arc<Place>) {
    if let Ok(place) = Arc::try_unwrap(place) {
        place.stub().give_back();
    }
}
