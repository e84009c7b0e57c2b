//! From the addresses of sites to the offsets that a DOF has.

use std::collections::BTreeMap;

use super::{DofProbe, DofProvider, Flavour};
use crate::model::{Architecture, ArgType, Probe};

/// A probe in a function, and where its sites are in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The provider's name.
    pub provider: String,
    /// The probe, with `-` between the words of its name.
    pub probe: Probe<ArgType>,
    /// The function that tracers show.
    pub function: String,
    /// The addresses of the instructions at which it fires.
    pub sites: Vec<u64>,
    /// The addresses of the instructions by which the program asks whether anybody watches.
    pub enabled_sites: Vec<u64>,
}

/// The providers of these probes, for a DOF that is registered with the address `dof`.
///
/// Sorted by name. What is known of one probe in one function from several places is put together; an address counts once.
/// Where two probes differ in nothing but the types of their arguments, the second one's function gets another name, since a
/// kernel would take them for the same.
pub fn locate(
    probes: &[Located],
    flavour: Flavour,
    architecture: Architecture,
    dof: u64,
) -> Vec<DofProvider> {
    let place = |probe: &Located| dof_probe(probe, flavour, architecture, dof);
    let probes = merged(probes);
    let mut providers: BTreeMap<&str, DofProvider> = BTreeMap::new();
    for probe in &probes {
        let provider = providers.entry(&probe.provider).or_insert_with(|| DofProvider::new(&*probe.provider));
        provider.probes.push(place(probe));
    }
    providers.into_values().collect()
}

/// One of each probe and function, in order.
fn merged(probes: &[Located]) -> Vec<Located> {
    let mut merged: BTreeMap<(&str, &str, String), Located> = BTreeMap::new();
    for probe in probes {
        let mut function = probe.function.clone();
        let into = loop {
            let key = (probe.provider.as_str(), probe.probe.name.as_str(), function.clone());
            let new = || Located {
                function: function.clone(),
                sites: Vec::new(),
                enabled_sites: Vec::new(),
                ..probe.clone()
            };
            let into = merged.entry(key).or_insert_with(new);
            if types(into).eq(types(probe)) {
                break into;
            }
            function.push('\'');
        };
        into.sites.extend(&probe.sites);
        into.enabled_sites.extend(&probe.enabled_sites);
    }
    let mut merged: Vec<Located> = merged.into_values().collect();
    for probe in &mut merged {
        for addresses in [&mut probe.sites, &mut probe.enabled_sites] {
            addresses.sort_unstable();
            addresses.dedup();
        }
    }
    merged
}

fn types(probe: &Located) -> impl Iterator<Item = ArgType> {
    probe.probe.args.iter().map(|arg| arg.ty)
}

fn dof_probe(probe: &Located, flavour: Flavour, architecture: Architecture, dof: u64) -> DofProbe {
    let (address, base, [site, enabled_site]) = match flavour {
        Flavour::Illumos | Flavour::FreeBsd => {
            let first = probe.sites.iter().chain(&probe.enabled_sites).min().copied().unwrap_or(0);
            (first, first, [0, 0])
        }
        Flavour::MacOs => (0, dof, added_by_macos(architecture)),
    };
    // A distance that is no offset is for the encoder to refuse.
    let offsets = |addresses: &[u64], added: i64| -> Vec<i64> {
        addresses.iter().map(|address| address.wrapping_sub(base).cast_signed().wrapping_sub(added)).collect()
    };
    DofProbe::new(&probe.probe, &*probe.function, address)
        .sites(offsets(&probe.sites, site))
        .enabled_sites(offsets(&probe.enabled_sites, enabled_site))
}

/// What macOS adds to the address of a site and of an is-enabled site: it expects what its linker wrote once.
const fn added_by_macos(architecture: Architecture) -> [i64; 2] {
    match architecture {
        Architecture::X86_64 => [-1, 2],
        Architecture::Aarch64 => [0, 0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(probe: &str, ty: ArgType, sites: &[u64], enabled_sites: &[u64]) -> Located {
        Located {
            provider: "orders".into(),
            probe: Probe::new(probe).arg("a", ty),
            function: "f".into(),
            sites: sites.to_vec(),
            enabled_sites: enabled_sites.to_vec(),
        }
    }

    fn offsets(probe: &DofProbe) -> (u64, &[i64], &[i64]) {
        (probe.address, &probe.sites, &probe.enabled_sites)
    }

    #[test]
    fn offsets_count_from_the_first_site_or_from_the_dof() {
        let probes = [located("a", ArgType::U8, &[0x5000], &[0x4000, 0x6000])];
        let one =
            |flavour, architecture| locate(&probes, flavour, architecture, 0x5800).remove(0).probes.remove(0);
        for flavour in [Flavour::Illumos, Flavour::FreeBsd] {
            let probe = one(flavour, Architecture::X86_64);
            assert_eq!(offsets(&probe), (0x4000, &[0x1000][..], &[0, 0x2000][..]));
        }
        let probe = one(Flavour::MacOs, Architecture::Aarch64);
        assert_eq!(offsets(&probe), (0, &[-0x800][..], &[-0x1800, 0x800][..]));
        let probe = one(Flavour::MacOs, Architecture::X86_64);
        assert_eq!(offsets(&probe), (0, &[-0x7ff][..], &[-0x1802, 0x7fe][..]));
    }

    #[test]
    fn places_of_one_probe_are_put_together_and_sorted() {
        let probes = [
            located("b", ArgType::U8, &[], &[9, 3]),
            located("a", ArgType::U8, &[5], &[]),
            located("b", ArgType::U8, &[7, 7], &[3, 1]),
            located("b", ArgType::Str, &[2], &[]),
        ];
        let [orders] = locate(&probes, Flavour::Illumos, Architecture::X86_64, 0).try_into().unwrap();
        let shown: Vec<_> = orders.probes.iter().map(|p| (&*p.name, &*p.function, offsets(p))).collect();
        assert_eq!(
            shown,
            [
                ("a", "f", (5, &[0][..], &[][..])),
                ("b", "f", (1, &[6][..], &[0, 2, 8][..])),
                ("b", "f'", (2, &[0][..], &[][..])),
            ]
        );
    }

    #[test]
    fn what_is_too_far_away_is_refused() {
        let far = [located("a", ArgType::U8, &[0x1000, 0x1000 + (1 << 32)], &[])];
        for flavour in Flavour::ALL {
            let providers = locate(&far, flavour, Architecture::X86_64, 0x1000);
            assert!(super::super::encode(&providers, flavour).is_err(), "{flavour:?}");
        }
    }
}
