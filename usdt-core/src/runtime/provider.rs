//! A provider that was defined while the program runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::backend::Installed;
use super::definition::{self, DefinitionError};
use super::{ArgType, Probe, ProbeDefinition, ProviderDefinition, Status};
use crate::model::Argument;
use crate::model::name::probe_to_note;

/// A provider that was defined while the program runs.
///
/// Dropping it changes nothing for the [`Probe`]s that are still held: they live as long as they are. To silence them,
/// [`disable`](Self::disable) it.
#[derive(Debug)]
pub struct Provider {
    name: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    enabled: bool,
    /// In the order of their definition.
    probes: Vec<Probe>,
    /// Where the first of them are.
    status: Status,
}

/// An argument that no note describes, so that no tracer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The probe.
    pub probe: String,
    /// The argument.
    pub argument: String,
}

impl Provider {
    /// Defines a provider. Its probes are live at once.
    ///
    /// If the system refuses what is needed for that, the provider is there all the same and its probes never fire:
    /// [`status`](Self::status) says why. So a program need not ask.
    ///
    /// # Errors
    ///
    /// If the definition is wrong; nothing has been done then.
    pub fn define(definition: ProviderDefinition) -> Result<Provider, DefinitionError> {
        definition::check(&definition)?;
        let (probes, status) = install(&definition, true);
        let state = State { enabled: true, probes, status };
        Ok(Provider { name: definition.name, state: Mutex::new(state) })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds a probe, which is live at once if the provider is enabled. It has an image of its own.
    ///
    /// # Errors
    ///
    /// If the definition is wrong, or the provider has a probe of that name. Nothing has been done then.
    pub fn add(&self, probe: ProbeDefinition) -> Result<Probe, DefinitionError> {
        let addition = ProviderDefinition::new(&self.name).probe(probe);
        definition::check(&addition)?;
        let mut state = self.state();
        let spelled = probe_to_note(&addition.probes[0].name);
        if state.probes.iter().any(|other| probe_to_note(other.name()) == spelled) {
            return Err(DefinitionError::Duplicate(addition.probes[0].name.clone()));
        }
        let (mut added, _) = install(&addition, state.enabled);
        state.probes.append(&mut added.clone());
        Ok(added.remove(0))
    }

    /// The probe of this name, as it was defined.
    pub fn probe(&self, name: &str) -> Option<Probe> {
        self.state().probes.iter().find(|probe| probe.name() == name).cloned()
    }

    /// All probes, in the order of their definition.
    pub fn probes(&self) -> Vec<Probe> {
        self.state().probes.clone()
    }

    /// Removes a probe: whoever still holds it fires nothing. `false` if there is none of this name.
    pub fn remove(&self, name: &str) -> bool {
        let mut state = self.state();
        let Some(place) = state.probes.iter().position(|probe| probe.name() == name) else { return false };
        state.probes.remove(place).set_live(false);
        true
    }

    /// Silences all probes until [`enable`](Self::enable). May be repeated.
    pub fn disable(&self) {
        self.switch(false);
    }

    /// Undoes [`disable`](Self::disable). May be repeated.
    pub fn enable(&self) {
        self.switch(true);
    }

    fn switch(&self, on: bool) {
        let mut state = self.state();
        state.enabled = on;
        for probe in &state.probes {
            probe.set_live(on);
        }
    }

    /// Where tracers find the probes that [`define`](Self::define) was given. Those that were added have a
    /// [`Probe::status`] each.
    pub fn status(&self) -> Status {
        self.state().status.clone()
    }

    /// The arguments that no tracer sees, since their probes have more than any of them reads.
    pub fn left_out(&self) -> Vec<LeftOut> {
        let state = self.state();
        let of = |probe: &Probe| {
            let left_out = |argument: &Argument<ArgType>| LeftOut {
                probe: probe.name().to_owned(),
                argument: argument.name.clone(),
            };
            probe.definition().args[probe.described()..].iter().map(left_out).collect::<Vec<_>>()
        };
        state.probes.iter().flat_map(of).collect()
    }

    /// Nothing that runs under the lock can leave the state half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts the probes where tracers find them.
fn install(definition: &ProviderDefinition, live: bool) -> (Vec<Probe>, Status) {
    let probes = definition.probes.iter().cloned();
    match Installed::new(definition) {
        Ok(installed) => {
            let installed = Arc::new(installed);
            let probe = |(i, probe)| Probe::installed(&definition.name, probe, &installed, i, live);
            (probes.enumerate().map(probe).collect(), installed.status().clone())
        }
        Err(why) => {
            let status = Status::Unavailable { why };
            (probes.map(|probe| Probe::unavailable(probe, status.clone())).collect(), status)
        }
    }
}

// Systems with DTrace have tests of their own: no semaphore is raised there.
#[cfg(all(test, not(usdt_probes_dtrace)))]
mod tests {
    use super::*;

    fn provider(name: &str) -> Provider {
        let probe = |name: &str| ProbeDefinition::new(name).arg("id", ArgType::U64);
        Provider::define(ProviderDefinition::new(name).probe(probe("a-b")).probe(probe("c"))).unwrap()
    }

    fn raise(probe: &Probe) {
        probe.semaphore().store(1, std::sync::atomic::Ordering::Relaxed);
    }

    #[test]
    fn a_switched_off_probe_is_silent_even_if_somebody_watches() {
        let switched = provider("switched");
        let [first, second] = switched.probes().try_into().unwrap();
        if matches!(switched.status(), Status::Unavailable { .. }) {
            return assert_eq!(super::super::BACKEND, "none");
        }
        assert!(!first.is_enabled());
        raise(&first);
        assert!(first.is_enabled() && !second.is_enabled());
        switched.disable();
        switched.disable();
        assert!(!first.is_enabled());
        let added = switched.add(ProbeDefinition::new("d")).unwrap();
        raise(&added);
        assert!(!added.is_enabled());
        switched.enable();
        assert!(first.is_enabled() && added.is_enabled());
        assert!(switched.remove("a-b"));
        assert!(!switched.remove("a-b"));
        assert!(!first.is_enabled());
        switched.enable();
        assert!(!first.is_enabled() && added.is_enabled());
        drop(switched);
        assert!(added.is_enabled());
        added.fire(());
    }

    #[test]
    fn names_are_used_once() {
        let named = provider("named");
        assert_eq!(
            named.add(ProbeDefinition::new("a__b")).unwrap_err(),
            DefinitionError::Duplicate("a__b".into())
        );
        assert!(named.probe("a-b").is_some() && named.probe("a__b").is_none());
        assert!(named.remove("a-b"));
        assert!(named.add(ProbeDefinition::new("a__b")).is_ok());
    }

    #[test]
    fn what_no_tracer_reads_is_said() {
        let many = (0..32).fold(ProbeDefinition::new("many"), |p, i| p.arg(format!("a{i}"), ArgType::U8));
        let wide = ProviderDefinition::new("wide")
            .probe(many)
            .probe(ProbeDefinition::new("few").arg("x", ArgType::Str));
        let wide = Provider::define(wide).unwrap();
        if super::super::BACKEND == "none" {
            return;
        }
        let left_out = wide.left_out();
        assert_eq!(left_out.len(), 20);
        assert_eq!(left_out[0], LeftOut { probe: "many".into(), argument: "a12".into() });
    }

    #[test]
    fn the_same_definition_twice_is_mapped_once() {
        let (one, two) = (provider("twice"), provider("twice"));
        let semaphore = |provider: &Provider| std::ptr::from_ref(provider.probes()[1].semaphore());
        assert_eq!(semaphore(&one), semaphore(&two));
        let probe = two.probes().remove(0);
        drop(one);
        drop(two);
        probe.semaphore().store(1, std::sync::atomic::Ordering::Relaxed);
        assert!(probe.is_enabled());
        probe.fire((1_u64,));
    }
}
