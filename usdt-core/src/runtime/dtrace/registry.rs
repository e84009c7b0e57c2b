//! What this copy of the library has made known to the kernel: one DOF a provider, however many definitions name it.
//!
//! The kernel puts what it knows of a provider together by its name, and drops a second probe of one name without a word. So
//! definitions with a probe in common share its stub, which is counted.
//!
//! A DOF can't be changed. If probes come or go, the provider's DOF is taken back and another one registered. A tracer that watches
//! the provider at that moment sees it end, and another one begin.
//!
//! # Safety
//!
//! `unsafe` is here because a kernel writes to the instructions that it is told of: those of stubs, which stay for ever, and
//! are given to others only when the kernel has forgotten them.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::pool::{STUBS, Stub};
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
    stub: Arc<Stub>,
}

static PROVIDERS: Mutex<BTreeMap<String, Provider>> = Mutex::new(BTreeMap::new());

fn providers() -> MutexGuard<'static, BTreeMap<String, Provider>> {
    PROVIDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The stubs of one definition's probes.
pub(super) struct Taken {
    provider: String,
    stubs: Vec<Arc<Stub>>,
}

impl Taken {
    /// Takes a stub for each probe, and has the kernel learn of those that it doesn't know.
    pub(super) fn new(definition: &ProviderDefinition) -> Result<(Taken, helper::Status), Refusal> {
        let mut providers = providers();
        let provider = providers.entry(definition.name.clone()).or_default();
        let before = provider.probes.len();
        let done = provider.take(definition).and_then(|stubs| {
            let status = provider.publish(&definition.name, provider.probes.len() > before)?;
            Ok((Taken { provider: definition.name.clone(), stubs }, status))
        });
        if done.is_err() {
            // The kernel has not been told of these.
            for known in provider.probes.drain(before..) {
                give_back(known.stub);
            }
            if provider.probes.is_empty() {
                providers.remove(&definition.name);
            }
        }
        done
    }

    pub(super) fn stub(&self, index: usize) -> &Stub {
        &self.stubs[index]
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut providers = providers();
        self.stubs.clear();
        let Some(provider) = providers.get_mut(&self.provider) else { return };
        provider.forget_unused(&self.provider);
        if provider.probes.is_empty() {
            providers.remove(&self.provider);
        }
    }
}

impl Provider {
    /// A stub for each probe: the one that it has, or a new one.
    fn take(&mut self, definition: &ProviderDefinition) -> Result<Vec<Arc<Stub>>, Refusal> {
        let mut stubs = Vec::with_capacity(definition.probes.len());
        for probe in &definition.probes {
            let probe = visible(probe);
            let known = self.probes.iter().find(|known| is_same(&known.probe, &probe));
            stubs.push(match known {
                Some(known) => Arc::clone(&known.stub),
                None => {
                    let stub = Arc::new(Stub::take().ok_or(Refusal::NoStubs { limit: STUBS })?);
                    self.probes.push(Known { probe, stub: Arc::clone(&stub) });
                    stub
                }
            });
        }
        Ok(stubs)
    }

    /// Makes sure that the kernel knows all probes, some of which may be new.
    fn publish(&mut self, name: &str, has_new: bool) -> Result<helper::Status, Refusal> {
        if let Some(registration) = self.registration.as_mut().filter(|_| !has_new) {
            return known(registration.register());
        }
        let dof = describe(name, &self.probes)?;
        if let Some(old) = &mut self.registration {
            old.unregister().map_err(Refusal::Kernel)?;
        }
        // SAFETY: it is a whole DOF of the kernel's system. Its sites are in stubs, whose code is never unmapped.
        let mut new = unsafe { helper::unregistered(dof) };
        match known(new.register()) {
            Ok(status) => {
                self.registration = Some(new);
                Ok(status)
            }
            Err(refusal) => {
                // What was known before should be known again.
                if let Some(old) = &mut self.registration {
                    old.register();
                }
                Err(refusal)
            }
        }
    }

    /// Takes probes back from the kernel that nobody has any more.
    fn forget_unused(&mut self, name: &str) {
        if self.probes.iter().all(|known| Arc::strong_count(&known.stub) > 1) {
            return;
        }
        // Where the kernel doesn't let go of them they stay, and are taken by whoever defines them again.
        if self.registration.as_mut().is_some_and(|registration| registration.unregister().is_err()) {
            return;
        }
        let (used, unused): (Vec<Known>, Vec<Known>) = std::mem::take(&mut self.probes)
            .into_iter()
            .partition(|known| Arc::strong_count(&known.stub) > 1);
        self.probes = used;
        self.registration = None;
        if !self.probes.is_empty() {
            // They were known before, so what can stand in the way now is nothing that anybody could be told.
            let _ = self.publish(name, true);
        }
        unused.into_iter().for_each(|known| give_back(known.stub));
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
        sites: vec![known.stub.site()],
        enabled_sites: vec![known.stub.enabled_site()],
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
fn give_back(stub: Arc<Stub>) {
    if let Ok(stub) = Arc::try_unwrap(stub) {
        stub.give_back();
    }
}
