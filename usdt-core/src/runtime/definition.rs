//! What a program may define, and what is wrong with a definition.

use std::collections::BTreeSet;
use std::fmt;

use super::ArgType;
use crate::model::name::{self, NameError};
use crate::model::{Probe, Provider};

/// A provider as data: its name and its probes.
pub type ProviderDefinition = Provider<ArgType>;
/// A probe as data: its name, its doc, and the names and types of its arguments.
pub type ProbeDefinition = Probe<ArgType>;

/// The most arguments of one probe. Tracers read at most [`MAX_OPERANDS`](crate::model::MAX_OPERANDS) operands; what is
/// past them is accepted and [`left out`](super::Provider::left_out).
pub const MAX_ARGUMENTS: usize = 32;

/// The most probes of one definition.
pub const MAX_PROBES: usize = 16_384;

/// What is wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DefinitionError {
    /// The name of the provider.
    Provider {
        /// The name.
        name: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// The name of a probe.
    Probe {
        /// The name.
        name: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// Two probes have this name, or names that a note spells the same.
    Duplicate(String),
    /// A probe has more arguments than [`MAX_ARGUMENTS`].
    TooManyArguments {
        /// The probe.
        probe: String,
        /// How many arguments it has.
        count: usize,
    },
    /// There are more probes than [`MAX_PROBES`].
    TooManyProbes(usize),
    /// A text has a NUL byte, which ends it in the format of tracers.
    Nul {
        /// The probe.
        probe: String,
    },
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DefinitionError::Provider { name, error } => write!(f, "provider {name:?}: {error}"),
            DefinitionError::Probe { name, error } => write!(f, "probe {name:?}: {error}"),
            DefinitionError::Duplicate(name) => {
                write!(f, "there are two probes {name:?}: a tracer could not tell one from the other")
            }
            DefinitionError::TooManyArguments { probe, count } => {
                write!(f, "probe {probe:?} has {count} arguments and may have {MAX_ARGUMENTS}")
            }
            DefinitionError::TooManyProbes(count) => {
                write!(f, "the provider has {count} probes and may have {MAX_PROBES}")
            }
            DefinitionError::Nul { probe } => {
                write!(f, "probe {probe:?}: its doc or the name of an argument has a NUL byte")
            }
        }
    }
}

impl std::error::Error for DefinitionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            DefinitionError::Provider { error, .. } | DefinitionError::Probe { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Checks everything that a tracer could stumble over.
pub(super) fn check(provider: &ProviderDefinition) -> Result<(), DefinitionError> {
    name::check_provider(&provider.name)
        .map_err(|error| DefinitionError::Provider { name: provider.name.clone(), error })?;
    if provider.probes.len() > MAX_PROBES {
        return Err(DefinitionError::TooManyProbes(provider.probes.len()));
    }
    let mut spelled = BTreeSet::new();
    for probe in &provider.probes {
        check_probe(probe)?;
        if !spelled.insert(name::probe_to_note(&probe.name)) {
            return Err(DefinitionError::Duplicate(probe.name.clone()));
        }
    }
    Ok(())
}

fn check_probe(probe: &ProbeDefinition) -> Result<(), DefinitionError> {
    name::check_probe(&probe.name)
        .map_err(|error| DefinitionError::Probe { name: probe.name.clone(), error })?;
    if probe.args.len() > MAX_ARGUMENTS {
        return Err(DefinitionError::TooManyArguments { probe: probe.name.clone(), count: probe.args.len() });
    }
    if probe.doc.contains('\0') || probe.args.iter().any(|arg| arg.name.contains('\0')) {
        return Err(DefinitionError::Nul { probe: probe.name.clone() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defined(probes: impl IntoIterator<Item = ProbeDefinition>) -> Result<(), DefinitionError> {
        check(&ProviderDefinition { name: "orders".into(), probes: probes.into_iter().collect() })
    }

    #[test]
    fn what_tracers_would_stumble_over_is_refused() {
        assert!(matches!(check(&ProviderDefinition::new("or-ders")), Err(DefinitionError::Provider { .. })));
        let probe = |name: &str| ProbeDefinition::new(name);
        assert!(matches!(defined([probe("a b")]), Err(DefinitionError::Probe { .. })));
        assert_eq!(defined([probe("a-b"), probe("a__b")]), Err(DefinitionError::Duplicate("a__b".into())));
        let with = |count| (0..count).fold(probe("x"), |p, i| p.arg(format!("a{i}"), ArgType::U64));
        assert_eq!(defined([with(MAX_ARGUMENTS)]), Ok(()));
        assert!(matches!(defined([with(33)]), Err(DefinitionError::TooManyArguments { count: 33, .. })));
        assert!(matches!(defined([probe("x").doc("a\0b")]), Err(DefinitionError::Nul { .. })));
        let many = |count| (0..count).map(|i| probe(&format!("p{i}")));
        assert_eq!(defined(many(MAX_PROBES)), Ok(()));
        assert_eq!(defined(many(MAX_PROBES + 1)), Err(DefinitionError::TooManyProbes(MAX_PROBES + 1)));
    }
}
