//! Somebody else's decoder reads what we write.
//!
//! The crate `dof` reads it as `usdt`'s tools do. It keys providers and probes by name alone, so of a probe in several functions
//! it shows the last; [`compare_all`] writes the others as DOFs of their own. It has no attributes, no translated types and no
//! mapping of arguments, and its offsets are unsigned: these are checked by our own decoder and by the dumps in `golden`.

use std::collections::{BTreeMap, HashSet};

use ::dof::Section;

use super::super::{DofProbe, DofProvider, Flavour, encode};
use super::random::Random;
use crate::model::{ArgType, Probe};

fn read(bytes: &[u8]) -> Section {
    // It looks at the structures in place, so they must be aligned.
    let mut room = vec![0; bytes.len() + 8];
    let start = room.as_ptr().align_offset(8);
    room[start..][..bytes.len()].copy_from_slice(bytes);
    Section::from_bytes(&room[start..][..bytes.len()]).expect("a DOF")
}

/// Compares all that the crate knows of.
fn compare(written: &[DofProvider], flavour: Flavour) {
    let read = read(&encode(written, flavour).expect("allowed"));
    assert_eq!(read.ident.version, flavour.version() as u8);
    assert_eq!(read.ident.as_bytes()[..6], *b"\x7FDOF\x02\x01");
    assert_eq!(read.ident.as_bytes()[7..], *b"\x02\x08\x08\0\0\0\0\0\0");
    assert_eq!(read.providers.len(), written.len());
    for provider in written {
        let found = &read.providers[&provider.name];
        assert_eq!(found.name, provider.name);
        let last: BTreeMap<&str, &DofProbe> =
            provider.probes.iter().map(|probe| (probe.name.as_str(), probe)).collect();
        assert_eq!(found.probes.len(), last.len());
        for (name, probe) in last {
            let found = &found.probes[name];
            assert_eq!((found.name.as_str(), &found.function), (name, &probe.function));
            assert_eq!(found.address, probe.address);
            assert_eq!(found.offsets, unsigned(&probe.sites));
            assert_eq!(found.enabled_offsets, unsigned(&probe.enabled_sites));
            assert_eq!(found.arguments, probe.native);
        }
    }
}

/// Compares the last probe of each name, then the last of those that are left, and so on.
fn compare_all(mut written: Vec<DofProvider>, flavour: Flavour) {
    while !written.is_empty() {
        compare(&written, flavour);
        for provider in &mut written {
            let mut compared = HashSet::new();
            provider.probes.reverse();
            provider.probes.retain(|probe| !compared.insert(probe.name.clone()));
            provider.probes.reverse();
        }
        written.retain(|provider| !provider.probes.is_empty());
    }
}

/// Offsets as they are without a sign.
fn unsigned(offsets: &[i64]) -> Vec<u32> {
    offsets.iter().map(|offset| u32::try_from(offset & 0xFFFF_FFFF).expect("32 bits")).collect()
}

#[test]
fn the_crate_dof_reads_the_same() {
    let start = Probe::new("request-start").arg("id", ArgType::U64).arg("path", ArgType::Str);
    let done = Probe::new("request-done").arg("reply", ArgType::Bytes).arg("id", ArgType::I128);
    let orders = DofProvider::new("orders")
        .probe(DofProbe::new(&start, "main", 0x1000).sites([0x30, 0x10]).enabled_sites([0x20]))
        .probe(DofProbe::new(&done, "finish", 0x7FFF_FFFF_2000).enabled_sites([0, 0x44]))
        .probe(DofProbe::new(&start, "retry", 0x1800).sites([0x11]));
    let bare = DofProbe::new(&Probe::new("bare"), "main", 0).sites([i32::MAX.into()]);
    let invoices = DofProvider::new("invoices").probe(bare);
    for flavour in Flavour::ALL {
        compare(&[orders.clone(), invoices.clone()], flavour);
        compare(std::slice::from_ref(&invoices), flavour);
    }
    let ends = |offsets| [DofProvider::new("o").probe(DofProbe::new(&start, "main", 0).sites(offsets))];
    compare(&ends([i64::from(i32::MAX) + 1, u32::MAX.into()]), Flavour::Illumos);
    compare(&ends([i32::MIN.into(), -1]), Flavour::MacOs);
}

#[test]
fn every_number_of_probes_arguments_and_sites() {
    for count in 0..40 {
        let definition = (0..count).fold(Probe::new("p"), |probe, i| {
            probe.arg(format!("arg{i}"), ArgType::ALL[i % ArgType::ALL.len()])
        });
        let provider = (0..=count).fold(DofProvider::new("o"), |provider, i| {
            let probe = Probe { name: format!("p{i}"), ..definition.clone() };
            let sites = (0..1 + (i as i64)).map(|site| site * 16);
            provider.probe(DofProbe::new(&probe, format!("f{i}"), i as u64).sites(sites))
        });
        for flavour in Flavour::ALL {
            compare(std::slice::from_ref(&provider), flavour);
        }
    }
}

#[test]
fn thousands_of_providers_that_are_made_up() {
    let mut random = Random(0x0DD);
    let mut probes = 0;
    for i in 0..1500 {
        let flavour = Flavour::ALL[i % 3];
        let written = random.providers(flavour);
        probes += written.iter().map(|provider| provider.probes.len()).sum::<usize>();
        compare_all(written, flavour);
    }
    assert!(probes > 10_000, "{probes} probes");
}
