//! What a DOF says, as plain data.

use super::{Attributes, Version, types};
use crate::model::{ArgType, Probe};

/// What a DOF says. Its `Display` is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dof {
    /// Its version.
    pub version: Version,
    /// Its providers.
    pub providers: Vec<DofProvider>,
}

/// A provider in a DOF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DofProvider {
    /// Its name, without the process's id.
    pub name: String,
    /// How stable it is.
    pub attributes: Attributes,
    /// Its probes.
    pub probes: Vec<DofProbe>,
}

/// The sites of a probe in one function. A probe that is in several functions is as many of these, with the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DofProbe {
    /// The probe's name, with `-` between words.
    pub name: String,
    /// The function that the sites are in.
    pub function: String,
    /// The address that offsets add to. Means nothing in version 3.
    pub address: u64,
    /// Where the probe fires: offsets in bytes.
    pub sites: Vec<i64>,
    /// Where the program asks whether anybody watches: offsets in bytes.
    pub enabled_sites: Vec<i64>,
    /// The types of the values at a site, in D.
    pub native: Vec<String>,
    /// The arguments as D programs see them in `args[]`.
    pub translated: Vec<Translated>,
}

/// An argument as D programs see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translated {
    /// Its type, in D.
    pub ty: String,
    /// Which of the native arguments it is made of, from 0.
    pub native: usize,
}

impl DofProvider {
    /// A provider without probes, with the attributes that programs usually have.
    pub fn new(name: impl Into<String>) -> DofProvider {
        DofProvider { name: name.into(), attributes: Attributes::default(), probes: Vec::new() }
    }

    /// The provider with one more probe.
    #[must_use]
    pub fn probe(mut self, probe: DofProbe) -> DofProvider {
        self.probes.push(probe);
        self
    }
}

impl DofProbe {
    /// A probe of a definition in a function, with no sites yet. Its arguments are translated to themselves: what a program
    /// fires is what D sees. An argument of two operands is two.
    pub fn new(probe: &Probe<ArgType>, function: impl Into<String>, address: u64) -> DofProbe {
        let native: Vec<String> =
            probe.args.iter().flat_map(|arg| types(arg.ty)).map(|&ty| ty.to_owned()).collect();
        let translated =
            native.iter().enumerate().map(|(native, ty)| Translated { ty: ty.clone(), native }).collect();
        DofProbe {
            name: probe.name.clone(),
            function: function.into(),
            address,
            sites: Vec::new(),
            enabled_sites: Vec::new(),
            native,
            translated,
        }
    }

    /// The probe with more sites: offsets in bytes.
    #[must_use]
    pub fn sites(mut self, offsets: impl IntoIterator<Item = i64>) -> DofProbe {
        self.sites.extend(offsets);
        self
    }

    /// The probe with more is-enabled sites: offsets in bytes.
    #[must_use]
    pub fn enabled_sites(mut self, offsets: impl IntoIterator<Item = i64>) -> DofProbe {
        self.enabled_sites.extend(offsets);
        self
    }
}
