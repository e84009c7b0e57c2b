//! What a DOF can't hold, and what a kernel drops without a word.

use std::collections::HashSet;
use std::fmt;

use super::format::{MAX_FUNCTION, MAX_TYPE};
use super::{DofProbe, DofProvider, Flavour, Translated};
use crate::model::name::{NameError, check_probe, check_provider};

/// Why there is no DOF of these providers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// There are no providers: a kernel would take the DOF and make nothing of it.
    NoProviders,
    /// A provider's name is not one.
    ProviderName {
        /// The name.
        provider: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// The kernel has a provider of this name itself and drops the other.
    ReservedProvider(String),
    /// Two providers have this name. Older versions of macOS drop the second.
    SameProvider(String),
    /// A provider has no probes: a kernel refuses the whole DOF.
    NoProbes(String),
    /// Something is wrong with a probe.
    Probe {
        /// The provider's name.
        provider: String,
        /// The probe's name.
        probe: String,
        /// The function that it is in.
        function: String,
        /// What is wrong.
        problem: ProbeProblem,
    },
    /// The DOF is larger than the kernel takes.
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The largest size that is taken, in bytes.
        max: usize,
    },
}

/// What is wrong with a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProbeProblem {
    /// The name is not one.
    Name(NameError),
    /// The name of the function has `len` bytes and may have 127: a kernel refuses the whole DOF.
    LongFunction {
        /// Its length in bytes.
        len: usize,
    },
    /// A text has a NUL byte in it.
    Nul,
    /// The probe stands for this function already: the kernels drop the second one, or trap twice at one place.
    Same,
    /// There is neither a site nor an is-enabled site: a kernel refuses the whole DOF.
    NoSites,
    /// There are more sites of a kind than a DOF can count.
    TooManySites {
        /// How many.
        count: usize,
    },
    /// A DOF can't hold this offset.
    Offset(i64),
    /// Two sites of a kind have this offset: a kernel drops the probe.
    SameOffset(i64),
    /// Two sites of a kind are 2 GiB or more apart, with these offsets: a kernel sorts them wrongly and drops the probe.
    FarApart(i64, i64),
    /// The address and this offset are beyond the end of all memory.
    Address(i64),
    /// There are more arguments than a DOF can count.
    TooManyArguments {
        /// How many.
        count: usize,
    },
    /// The name of a type has `len` bytes and may have 127: a kernel refuses the whole DOF.
    LongType {
        /// Its length in bytes.
        len: usize,
    },
    /// An argument is made of a native one that isn't there.
    Mapping {
        /// The argument, from 0.
        argument: usize,
        /// The native one, from 0.
        native: usize,
    },
}

impl EncodeError {
    /// The provider that it is about, if it is about one.
    pub fn provider(&self) -> Option<&str> {
        match self {
            EncodeError::ProviderName { provider, .. }
            | EncodeError::Probe { provider, .. }
            | EncodeError::ReservedProvider(provider)
            | EncodeError::SameProvider(provider)
            | EncodeError::NoProbes(provider) => Some(provider),
            EncodeError::NoProviders | EncodeError::TooLarge { .. } => None,
        }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncodeError::NoProviders => f.write_str("there are no providers"),
            EncodeError::ProviderName { provider, error } => write!(f, "provider {provider:?}: {error}"),
            EncodeError::ReservedProvider(name) => {
                write!(f, "the system has a provider `{name}` of its own: choose another name")
            }
            EncodeError::SameProvider(name) => write!(f, "two providers have the name `{name}`"),
            EncodeError::NoProbes(name) => write!(f, "provider `{name}` has no probes"),
            EncodeError::Probe { provider, probe, function, problem } => {
                write!(f, "{provider}:{probe} in {function:?}: {problem}")
            }
            EncodeError::TooLarge { size, max } => {
                write!(f, "the DOF has {size} bytes and the kernel takes at most {max}: define fewer probes")
            }
        }
    }
}

impl std::error::Error for EncodeError {}

impl fmt::Display for ProbeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProbeProblem::Name(error) => error.fmt(f),
            ProbeProblem::LongFunction { len } => {
                write!(f, "the function's name has {len} bytes, DTrace accepts at most {MAX_FUNCTION}")
            }
            ProbeProblem::Nul => f.write_str("a name has a NUL byte in it"),
            ProbeProblem::Same => f.write_str("it is there twice"),
            ProbeProblem::NoSites => f.write_str("it has no sites"),
            ProbeProblem::TooManySites { count } => {
                write!(f, "it has {count} sites, a DOF counts at most {}", u16::MAX)
            }
            ProbeProblem::Offset(offset) => write!(f, "a DOF can't hold the offset {offset:#x}"),
            ProbeProblem::SameOffset(offset) => write!(f, "two sites have the offset {offset:#x}"),
            ProbeProblem::FarApart(first, last) => {
                write!(f, "the offsets {first:#x} and {last:#x} are 2 GiB or more apart")
            }
            ProbeProblem::Address(offset) => write!(f, "the offset {offset:#x} is beyond the end of memory"),
            ProbeProblem::TooManyArguments { count } => {
                write!(f, "it has {count} arguments, a DOF counts at most {}", u8::MAX)
            }
            ProbeProblem::LongType { len } => {
                write!(f, "the name of a type has {len} bytes, DTrace accepts at most {MAX_TYPE}")
            }
            ProbeProblem::Mapping { argument, native } => {
                write!(f, "argument {argument} is made of native argument {native}, which isn't there")
            }
        }
    }
}

/// Checks everything but the size.
pub(super) fn check(providers: &[DofProvider], flavour: Flavour) -> Result<(), EncodeError> {
    if providers.is_empty() {
        return Err(EncodeError::NoProviders);
    }
    let mut names = HashSet::new();
    for provider in providers {
        let name = &provider.name;
        check_provider(name).map_err(|error| EncodeError::ProviderName { provider: name.clone(), error })?;
        if flavour.reserved().contains(&name.as_str()) {
            return Err(EncodeError::ReservedProvider(name.clone()));
        }
        if !names.insert(name) {
            return Err(EncodeError::SameProvider(name.clone()));
        }
        check_probes(provider, flavour)?;
    }
    Ok(())
}

fn check_probes(provider: &DofProvider, flavour: Flavour) -> Result<(), EncodeError> {
    if provider.probes.is_empty() {
        return Err(EncodeError::NoProbes(provider.name.clone()));
    }
    let mut seen = HashSet::new();
    for probe in &provider.probes {
        let new = seen.insert((&probe.name, &probe.function));
        let checked = if new { check_one(probe, flavour) } else { Err(ProbeProblem::Same) };
        checked.map_err(|problem| EncodeError::Probe {
            provider: provider.name.clone(),
            probe: probe.name.clone(),
            function: probe.function.clone(),
            problem,
        })?;
    }
    Ok(())
}

fn check_one(probe: &DofProbe, flavour: Flavour) -> Result<(), ProbeProblem> {
    check_probe(&probe.name).map_err(ProbeProblem::Name)?;
    check_text(&probe.function, MAX_FUNCTION, |len| ProbeProblem::LongFunction { len })?;
    if probe.sites.is_empty() && probe.enabled_sites.is_empty() {
        return Err(ProbeProblem::NoSites);
    }
    check_sites(&probe.sites, probe.address, flavour)?;
    check_sites(&probe.enabled_sites, probe.address, flavour)?;
    check_args(probe)
}

fn check_sites(offsets: &[i64], address: u64, flavour: Flavour) -> Result<(), ProbeProblem> {
    if offsets.len() > usize::from(u16::MAX) {
        return Err(ProbeProblem::TooManySites { count: offsets.len() });
    }
    let held = flavour.version().offsets();
    if let Some(&offset) = offsets.iter().find(|offset| !held.contains(offset)) {
        return Err(ProbeProblem::Offset(offset));
    }
    let mut sorted = offsets.to_vec();
    sorted.sort_unstable();
    if let Some(same) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(ProbeProblem::SameOffset(same[0]));
    }
    match sorted[..] {
        // The kernels compare two offsets by their difference in 32 bits. (Older versions of macOS don't sort.)
        [first, .., last] if last - first > i64::from(i32::MAX) => Err(ProbeProblem::FarApart(first, last)),
        // macOS doesn't use this address.
        _ if flavour == Flavour::MacOs => Ok(()),
        [.., last] if address.checked_add_signed(last).is_none() => Err(ProbeProblem::Address(last)),
        _ => Ok(()),
    }
}

fn check_args(probe: &DofProbe) -> Result<(), ProbeProblem> {
    for count in [probe.native.len(), probe.translated.len()] {
        if count > usize::from(u8::MAX) {
            return Err(ProbeProblem::TooManyArguments { count });
        }
    }
    for ty in probe.native.iter().chain(probe.translated.iter().map(|translated| &translated.ty)) {
        check_text(ty, MAX_TYPE, |len| ProbeProblem::LongType { len })?;
    }
    let wrong = |(_, translated): &(usize, &Translated)| translated.native >= probe.native.len();
    match probe.translated.iter().enumerate().find(wrong) {
        Some((argument, translated)) => Err(ProbeProblem::Mapping { argument, native: translated.native }),
        None => Ok(()),
    }
}

fn check_text(text: &str, max: usize, long: impl Fn(usize) -> ProbeProblem) -> Result<(), ProbeProblem> {
    match text.len() {
        _ if text.contains('\0') => Err(ProbeProblem::Nul),
        len if len > max => Err(long(len)),
        _ => Ok(()),
    }
}
