//! What is written is read back.

use super::super::*;
use super::random::Random;
use super::{orders, probe};
use crate::model::{ArgType, Probe};

#[test]
fn thousands_of_providers_are_read_back() {
    let mut random = Random(0xD0F);
    let (mut count, mut several) = (0, 0);
    for i in 0..3000 {
        let flavour = Flavour::ALL[i % 3];
        let providers = random.providers(flavour);
        let bytes = encode(&providers, flavour).expect("all of it is allowed");
        count += providers.len();
        several += usize::from(providers.len() > 1);
        assert_eq!(decode(&bytes), Ok(Dof { version: flavour.version(), providers }), "{i}");
        assert!(dump(&bytes).is_ok());
    }
    assert!(count > 5000 && several > 1000, "{count} providers");
}

#[test]
fn arguments_are_those_of_the_definition() {
    let all = ArgType::ALL.into_iter().fold(Probe::new("p"), |probe, ty| probe.arg("arg", ty));
    let probe = DofProbe::new(&all, "f", 0).sites([0]);
    let natives: Vec<&str> = ArgType::ALL.into_iter().flat_map(types).copied().collect();
    assert_eq!(natives.len(), 24);
    assert_eq!(probe.native, natives);
    assert!(
        probe
            .translated
            .iter()
            .map(|seen| (seen.native, seen.ty.as_str()))
            .eq(natives.into_iter().enumerate())
    );
    let bytes = encode(&[DofProvider::new("o").probe(probe.clone())], Flavour::Illumos).expect("allowed");
    assert_eq!(decode(&bytes).expect("whole").providers[0].probes, [probe]);
}

#[test]
fn all_that_a_dof_can_count() {
    let mut most = probe(&"p".repeat(63), &"f".repeat(127)).enabled_sites(0..65_535);
    most.sites = (0..65_535).map(|i| i * 4).collect();
    most.address = u64::MAX - 65_534 * 4;
    most.native = (0..255).map(|i| format!("{i:0>127}")).collect();
    most.translated = (0..255).rev().map(|native| Translated { ty: native.to_string(), native }).collect();
    let provider = DofProvider::new("o".repeat(53)).probe(most);
    let bytes = encode(std::slice::from_ref(&provider), Flavour::FreeBsd).expect("allowed");
    assert_eq!(decode(&bytes).expect("whole").providers, [provider]);
}

#[test]
fn no_string_is_there_twice() {
    let providers = [orders(), DofProvider { name: "invoices".to_owned(), ..orders() }];
    let bytes = encode(&providers, Flavour::Illumos).expect("allowed");
    for string in ["orders", "invoices", "request-start", "main", "retry", "char *"] {
        let string = [b"\0", string.as_bytes(), b"\0"].concat();
        assert_eq!(bytes.windows(string.len()).filter(|bytes| *bytes == string).count(), 1, "{string:?}");
    }
}

/// Other programs write more into a DOF, and another order: comments that are not loaded, a D program, the strings last.
#[test]
fn sections_of_other_kinds_are_skipped() {
    let plain = encode(&[orders()], Flavour::Illumos).expect("allowed");
    let with = |row: [u32; 4], offset: usize| {
        let mut bytes = plain.clone();
        let table = bytes.len().next_multiple_of(8);
        bytes.resize(table, 0);
        bytes.extend_from_slice(&plain[64..64 + 6 * 32]);
        bytes.extend(row.into_iter().flat_map(u32::to_le_bytes));
        bytes.extend([offset as u64, 8].into_iter().flat_map(u64::to_le_bytes));
        let loaded = bytes.len() as u64;
        bytes.extend([0; 8]);
        bytes[28..32].copy_from_slice(&7_u32.to_le_bytes());
        bytes[32..40].copy_from_slice(&(table as u64).to_le_bytes());
        bytes[40..48].copy_from_slice(&loaded.to_le_bytes());
        let size = bytes.len() as u64;
        bytes[48..56].copy_from_slice(&size.to_le_bytes());
        decode(&bytes).map(|dof| dof.providers)
    };
    let behind = plain.len().next_multiple_of(8) + 7 * 32;
    assert_eq!(with([1, 1, 0, 0], behind), Ok(vec![orders()]), "comments behind what is loaded");
    assert_eq!(with([7, 4, 1, 3], 64), Ok(vec![orders()]), "a D program, whatever its entries are");
    assert_eq!(with([99, 8, 1, 0], 64), Ok(vec![orders()]), "a kind that nobody knows");
    assert!(with([7, 4, 1, 4], behind).is_err(), "what is loaded is within what is loaded");
}
