//! Registering everything that the sites of this program, or library, have left records of.
//!
//! # Safety
//!
//! `unsafe` is here because a kernel writes to the instructions that it is told of: those that the records name, which stay
//! for as long as this code does.
#![allow(unsafe_code)]

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::located;
use crate::dof::{EncodeError, Located};
use crate::helper::{self, Device as _, DofMemory, Kernel, Refusal, Registration, Status, System};
use crate::model::Architecture;
use crate::site;

/// Why probes are not registered. Its `Display` says what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The system's kernel would not take a provider, or drop it. All others are registered.
    Provider(EncodeError),
    /// The system refused.
    System(Refusal),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Provider(error) => write!(f, "a provider is not registered: {error}"),
            Problem::System(refusal) => write!(f, "no tracer sees the probes: {refusal}"),
        }
    }
}

impl std::error::Error for Problem {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Problem::Provider(error) => Some(error),
            Problem::System(refusal) => Some(refusal),
        }
    }
}

/// What has been made of the records so far.
static REGISTERED: Mutex<Option<Registered>> = Mutex::new(None);

/// The DOFs of the program, of which there is one if nothing is wrong, and why some of its providers are in none.
struct Registered {
    dofs: Vec<Registration<'static, Kernel>>,
    left_out: Vec<EncodeError>,
}

/// Makes the probes of this program, or library, known to the system, where that is needed.
///
/// It may be called any number of times, from anywhere: what is registered stays so, and what was refused is tried again.
///
/// # Errors
///
/// The first problem there is. Everything that has none is registered.
pub fn register() -> Result<(), Problem> {
    let (Some(system), Some(architecture)) = (Kernel.system(), Architecture::HOST) else { return Ok(()) };
    let mut registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    let registered = registered.get_or_insert_with(|| Registered::new(system, architecture));
    let mut problems = Vec::new();
    for dof in &mut registered.dofs {
        if let Status::Unavailable { why } = dof.register() {
            problems.push(Problem::System(why.clone()));
        }
    }
    problems.extend(registered.left_out.iter().cloned().map(Problem::Provider));
    problems.into_iter().next().map_or(Ok(()), Err)
}

/// Takes everything back: the code that it describes is about to be unmapped.
#[allow(dead_code, reason = "`start` alone calls it, which is not everywhere")]
pub(super) fn unregister() {
    *REGISTERED.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

impl Registered {
    /// DOFs that are not registered yet.
    fn new(system: System, architecture: Architecture) -> Registered {
        let (probes, module) = (located::located(site::records()), helper::module());
        let describe = |probes: &[Located]| helper::describe(probes, &module, system, architecture);
        let (dofs, left_out) = describe_all(probes, &describe);
        // SAFETY: each is a whole DOF, and its sites are instructions of this file: a nop, or one that makes a register 0. They
        // stay while the file is loaded, and it is unregistered before it isn't any more.
        let dofs = dofs.into_iter().map(|dof| unsafe { helper::unregistered(dof) }).collect();
        Registered { dofs, left_out }
    }
}

/// As few DOFs as hold all providers. Those that can't be in any are left out.
fn describe_all(
    mut probes: Vec<Located>,
    describe: &dyn Fn(&[Located]) -> Result<DofMemory, EncodeError>,
) -> (Vec<DofMemory>, Vec<EncodeError>) {
    let mut left_out = Vec::new();
    while !probes.is_empty() {
        match describe(&probes) {
            Ok(dof) => return (vec![dof], left_out),
            Err(error) => match error.provider() {
                Some(name) => {
                    probes.retain(|probe| probe.provider != name);
                    left_out.push(error);
                }
                None => match halves(probes) {
                    Some([one, other]) => {
                        let (mut dofs, mut errors) = describe_all(one, describe);
                        let (more_dofs, more_errors) = describe_all(other, describe);
                        dofs.extend(more_dofs);
                        errors.extend(more_errors);
                        left_out.extend(errors);
                        return (dofs, left_out);
                    }
                    None => {
                        left_out.push(error);
                        break;
                    }
                },
            },
        }
    }
    (Vec::new(), left_out)
}

/// One half of the providers, and the other; none if there is only one.
fn halves(probes: Vec<Located>) -> Option<[Vec<Located>; 2]> {
    let mut names: Vec<&str> = probes.iter().map(|probe| probe.provider.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let middle = names.get(names.len() / 2).filter(|_| names.len() > 1)?.to_string();
    let (one, other) = probes.into_iter().partition(|probe| probe.provider < middle);
    Some([one, other])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Probe;

    fn probes(providers: &[&str], each: usize) -> Vec<Located> {
        let probe = |provider: &str, i: usize| Located {
            provider: provider.to_owned(),
            probe: Probe::new(format!("{}{i}", "p".repeat(40))),
            function: "f".to_owned(),
            sites: vec![0x1000 + i as u64],
            enabled_sites: Vec::new(),
        };
        providers.iter().flat_map(|provider| (0..each).map(move |i| probe(provider, i))).collect()
    }

    fn described(probes: Vec<Located>) -> (Vec<Vec<String>>, Vec<EncodeError>) {
        let describe =
            |probes: &[Located]| helper::describe(probes, "m", System::Illumos, Architecture::X86_64);
        let (dofs, left_out) = describe_all(probes, &describe);
        let names = |mut dof: DofMemory| {
            let dof = crate::dof::decode(dof.bytes_mut()).expect("a DOF");
            dof.providers.into_iter().map(|provider| provider.name).collect()
        };
        (dofs.into_iter().map(names).collect(), left_out)
    }

    #[test]
    fn a_provider_that_no_kernel_takes_is_left_out() {
        let (dofs, left_out) = described(probes(&["b", "pid", "a"], 2));
        assert_eq!(dofs, [["a", "b"]]);
        assert_eq!(left_out, [EncodeError::ReservedProvider("pid".into())]);
        assert!(described(Vec::new()).0.is_empty());
    }

    #[test]
    fn what_is_too_large_for_one_dof_is_in_several() {
        let (dofs, left_out) = described(probes(&["a", "b", "c", "d"], 1500));
        assert_eq!(
            (dofs, left_out),
            (vec![vec!["a".to_owned(), "b".into()], vec!["c".into(), "d".into()]], vec![])
        );
        let (dofs, left_out) = described(probes(&["a", "huge"], 6000));
        assert_eq!(dofs.len(), 0);
        assert!(
            matches!(left_out[..], [EncodeError::TooLarge { .. }, EncodeError::TooLarge { .. }]),
            "{left_out:?}"
        );
    }
}
