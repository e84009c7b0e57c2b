//! Providers that are defined while the program runs.

use usdt_probes::runtime::{ArgType, ProbeDefinition, Provider, ProviderDefinition, Status};

use super::kernel::{self, Dof};
use crate::probes;

/// Traces a provider, adds to it, shares it, and lets go of it.
pub(crate) fn run() {
    let before = kernel::dofs().len();
    let new = || kernel::dofs().split_off(before);
    let provider = Provider::define(probes::definition()).expect("names that were checked before");
    assert!(matches!(provider.status(), Status::Registered { .. }), "{:?}", provider.status());
    super::trace(&new(), || probes::fire_defined(&provider));

    // One DOF a provider: it is registered again.
    let first = only(new());
    let added = provider.add(ProbeDefinition::new("added").arg("x", ArgType::I8)).expect("a new name");
    let second = only(new());
    assert!(second.generation > first.generation);
    assert_eq!(names(&second).len(), names(&first).len() + 1);
    super::trace(&new(), || added.fire((-7_i8,)));

    // Another provider of the same name shares what is the same, and nothing is registered for it.
    let same = Provider::define(probes::definition()).expect("the same");
    assert_eq!(only(new()).generation, second.generation);
    let other =
        ProviderDefinition::new("defined").probe(ProbeDefinition::new("with-dash").arg("x", ArgType::U8));
    let other = Provider::define(other).expect("the same name with other arguments");
    let with_dash = other.probe("with-dash").expect("it was just defined");
    super::trace(&new(), || with_dash.fire((9_u8,)));

    // Each goes when the last one who has it does.
    drop((other, with_dash, added));
    provider.remove("added");
    assert_eq!(names(&only(new())), names(&first));
    drop(provider);
    assert_eq!(names(&only(new())), names(&first));
    drop(same);
    assert!(new().is_empty());
}

fn only(mut dofs: Vec<Dof>) -> Dof {
    assert_eq!(dofs.len(), 1, "one DOF a provider");
    dofs.remove(0)
}

fn names(dof: &Dof) -> Vec<(String, String)> {
    dof.dof.providers[0].probes.iter().map(|probe| (probe.name.clone(), probe.function.clone())).collect()
}
