//! Bytes that nobody should have written: no panic, no more memory than there may be, nothing that isn't in the bytes.

use super::super::*;
use super::random::Random;
use super::{orders, probe};

fn sample(flavour: Flavour) -> Vec<u8> {
    let other = DofProvider::new("other").probe(probe("p", "f"));
    encode(&[orders(), other], flavour).expect("allowed")
}

/// Reads damaged bytes. If they still are a DOF, everything that is handed out must be in them.
fn read(bytes: &[u8]) -> Result<Dof, DofError> {
    let read = decode(bytes);
    match &read {
        Ok(dof) => dof.providers.iter().for_each(|provider| check(provider, bytes, dof.version)),
        Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
    }
    let shown = dump(bytes);
    assert_eq!(shown.err(), read.as_ref().err().cloned());
    read
}

fn check(provider: &DofProvider, bytes: &[u8], version: Version) {
    let text = |text: &str, max: usize| {
        assert!(text.len() <= max);
        let whole = [text.as_bytes(), b"\0"].concat();
        assert!(bytes.windows(whole.len()).any(|bytes| bytes == whole), "{text:?}");
    };
    text(&provider.name, 63);
    assert!(!provider.probes.is_empty() && provider.probes.len() * 48 <= bytes.len());
    for probe in &provider.probes {
        text(&probe.name, 63);
        text(&probe.function, 191);
        assert!(probe.sites.len() + probe.enabled_sites.len() > 0);
        assert!((probe.sites.len().max(probe.enabled_sites.len())) * 4 <= bytes.len());
        assert!(probe.sites.iter().chain(&probe.enabled_sites).all(|site| version.offsets().contains(site)));
        probe.native.iter().for_each(|ty| text(ty, 127));
        for seen in &probe.translated {
            text(&seen.ty, 127);
            assert!(seen.native < probe.native.len());
        }
    }
}

#[test]
fn every_byte_with_other_values() {
    for flavour in [Flavour::Illumos, Flavour::MacOs] {
        let whole = sample(flavour);
        let mut refused = 0;
        for at in 0..whole.len() {
            for change in [1, 2, 0x7F, 0x80, 0xFF] {
                let mut damaged = whole.clone();
                damaged[at] ^= change;
                refused += usize::from(read(&damaged).is_err());
            }
        }
        assert!(refused > whole.len(), "{refused} of {} are noticed", 5 * whole.len());
    }
}

#[test]
fn every_length() {
    for flavour in [Flavour::Illumos, Flavour::MacOs] {
        let whole = sample(flavour);
        for len in 0..whole.len() {
            assert!(read(&whole[..len]).is_err(), "{len}");
            assert!(length(&whole[..len]).is_err(), "{len}");
        }
        let longer = [&whole[..], &[0]].concat();
        assert_eq!(read(&longer).map_err(|error| error.offset), Err(whole.len()));
        assert_eq!(length(&longer), Ok(whole.len()));
    }
}

#[test]
fn a_hundred_thousand_damaged_dofs() {
    let mut random = Random(0xBAD);
    let samples = Flavour::ALL.map(sample);
    let interesting =
        [0, 1, 4, 8, 0x7F, 0x80, 0xFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32, u64::MAX];
    let mut whole = 0;
    for i in 0..100_000 {
        let mut damaged = samples[i % samples.len()].clone();
        for _ in 0..1 + random.below(4) {
            let at = random.below(damaged.len());
            match random.below(5) {
                0 => damaged[at] ^= 1 << random.below(8),
                1 => damaged.truncate(at.max(1)),
                2 => {
                    let from = random.below(damaged.len());
                    let len = random.below(64).min(damaged.len() - at.max(from));
                    damaged.copy_within(from..from + len, at);
                }
                width => {
                    let value = interesting[random.below(interesting.len())].to_le_bytes();
                    let (at, width) = (at & !3, 4 * (width - 2));
                    let end = (at + width).min(damaged.len());
                    damaged[at..end].copy_from_slice(&value[..end - at]);
                }
            }
        }
        whole += usize::from(read(&damaged).is_ok());
    }
    assert!((1000..90_000).contains(&whole), "{whole} are still a DOF");
}

#[test]
fn noise() {
    let mut random = Random(0x0153);
    for _ in 0..10_000 {
        let mut bytes = sample(Flavour::Illumos)[..16].to_vec();
        bytes.extend((0..random.below(600)).map(|_| random.next().to_le_bytes()[0]));
        assert!(read(&bytes).is_err());
    }
}

/// The places of what the first provider has, in the sample.
struct Places {
    table: usize,
    probe: usize,
    provider: usize,
}

fn places(bytes: &[u8]) -> Places {
    let offset = |section: usize| {
        let at = 64 + 32 * section + 16;
        usize::try_from(u64::from_le_bytes(*bytes[at..].first_chunk().expect("a row"))).expect("small")
    };
    Places { table: 64, probe: offset(4), provider: offset(5) }
}

#[test]
fn each_mistake_is_named() {
    let whole = sample(Flavour::Illumos);
    let Places { table, probe, provider } = places(&whole);
    let row = |section: usize| table + 32 * section;
    for (at, value, offset, problem) in [
        (0, &[0x7E][..], 0, "this is not a DOF"),
        (4, &[3], 4, "it is for programs of neither 32 nor 64 bits"),
        (5, &[2], 5, "its numbers are not little-endian"),
        (6, &[4], 6, "a version that is not known"),
        (7, &[1], 7, "it is for another version of D's virtual machine"),
        (8, &[9], 8, "it needs more registers than D's virtual machine has"),
        (9, &[9], 9, "it needs more registers than D's virtual machine has"),
        (15, &[1], 15, "a byte of the identification that must be 0 is not"),
        (16, &[1], 16, "flags that are not known"),
        (20, &[65], 20, "a header of another size"),
        (24, &[64], 24, "a table of sections with rows of another size"),
        (31, &[0xFF], 32, "a table of sections beyond the end"),
        (32, &[65], 32, "a table of sections that is not aligned"),
        (39, &[0xFF], 32, "a table of sections beyond the end"),
        (40, &[8, 0], 40, "less than the header is loaded"),
        (47, &[1], 40, "more is loaded than there is"),
        (48, &[8, 0], 48, "the DOF is smaller than its header"),
        (55, &[1], 48, "the DOF is larger than what is there"),
        (row(2) + 4, &[3], row(2) + 4, "a section's alignment is not a power of two"),
        (row(2) + 4, &[0], row(2) + 4, "a section's alignment is not a power of two"),
        (row(2) + 4, &[1], row(2) + 4, "a section's entries have another size or alignment"),
        (row(2) + 8, &[0], row(2) + 8, "a section of a provider that is not loaded"),
        (row(2) + 12, &[8], row(2) + 4, "a section's entries have another size or alignment"),
        (row(2) + 16, &[1], row(2) + 16, "a section is not where its alignment allows"),
        (row(2) + 24, &[5], row(2) + 24, "a section ends within an entry"),
        (row(2) + 31, &[0xFF], row(2) + 16, "a section beyond the end"),
        (row(4) + 12, &[40], row(4) + 4, "a section's entries have another size or alignment"),
        (row(4) + 24, &[0], provider + 4, "a provider without probes"),
        (row(5) + 24, &[43], provider, "a provider's section is too small"),
        (row(0) + 24, &[3], row(0) + 24, "a table of strings without an end"),
        (provider, &[1], provider, "this is not a table of strings"),
        (provider + 4, &[0xFF; 4], provider + 4, "this is not the section of a provider's probes"),
        (provider + 8, &[2], provider + 8, "this is not a section of arguments"),
        (provider + 12, &[3], provider + 12, "this is not a section of sites"),
        (provider + 40, &[2], provider + 40, "this is not a section of is-enabled sites"),
        (provider + 40, &[0], probe + 36, "is-enabled sites without a section"),
        (probe + 24, &[0xFF; 4], probe + 24, "arguments beyond the end of their section"),
        (probe + 28, &[0xFF; 4], probe + 28, "sites beyond the end of their section"),
        (probe + 36, &[3], probe + 36, "sites beyond the end of their section"),
    ] {
        let mut damaged = whole.clone();
        damaged[at..at + value.len()].copy_from_slice(value);
        assert_eq!(read(&damaged), Err(DofError { offset, problem }), "byte {at}");
    }
}

#[test]
fn strings_that_are_none() {
    let whole = sample(Flavour::Illumos);
    let Places { probe, provider, .. } = places(&whole);
    // Provider, function, name, native and translated types.
    for at in [provider + 16, probe + 8, probe + 12, probe + 16, probe + 20] {
        let mut damaged = whole.clone();
        damaged[at..at + 4].fill(0xFF);
        assert_eq!(read(&damaged).map_err(|error| error.problem), Err("there is no string"), "{at}");
    }
}

#[test]
fn strings_that_are_too_long_or_no_text() {
    let (function, name) = ("f".repeat(127), "p".repeat(63));
    let probe = DofProbe { native: vec![String::new(); 2], ..probe(&name, &function) };
    let mut bytes = encode(&[DofProvider::new("o").probe(probe)], Flavour::MacOs).expect("allowed");
    let whole = [function.as_bytes(), b"\0", name.as_bytes(), b"\0\0"].concat();
    let start = bytes.windows(whole.len()).position(|part| part == whole).expect("there");
    // Without the NUL between them, the name of the function is as long as FreeBSD's may be; without the next, a byte longer.
    bytes[start + 127] = b'f';
    assert_eq!(read(&bytes).expect("whole").providers[0].probes[0].function.len(), 191);
    bytes[start + 191] = b'f';
    let error = read(&bytes).map_err(|error| error.problem);
    assert_eq!(error, Err("a string that is longer than DTrace allows"));
    bytes[start + 126..start + 128].copy_from_slice(b"\xFF\0");
    assert_eq!(read(&bytes).map_err(|error| error.problem), Err("a string that is not UTF-8"));
}

#[test]
fn an_argument_of_nothing() {
    let mut whole = sample(Flavour::Illumos);
    let at = usize::try_from(u64::from_le_bytes(*whole[64 + 32 + 16..].first_chunk().expect("a row")))
        .expect("small");
    whole[at] = 2;
    let problem = "an argument that is made of none that is there";
    assert_eq!(read(&whole), Err(DofError { offset: at, problem }));
}

/// A few kilobytes whose probes all name the same sites would be gigabytes.
#[test]
fn a_small_dof_that_describes_a_lot() {
    let many = |i: usize| probe("p", &format!("f{i}")).sites(0x20..0x20 + 60_000);
    let mut bytes =
        encode(&[DofProvider::new("o").probe(many(0)).probe(many(1))], Flavour::FreeBsd).expect("allowed");
    assert!(decode(&bytes).is_ok());
    let Places { table, probe, .. } = places(&bytes);
    let again = bytes[probe..probe + 48].to_vec();
    let copies = 2000;
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let start = bytes.len() as u64;
    bytes.extend(again.repeat(copies));
    bytes[table + 4 * 32 + 16..][..8].copy_from_slice(&start.to_le_bytes());
    bytes[table + 4 * 32 + 24..][..8].copy_from_slice(&(48 * copies as u64).to_le_bytes());
    let size = (bytes.len() as u64).to_le_bytes();
    bytes[40..48].copy_from_slice(&size);
    bytes[48..56].copy_from_slice(&size);
    assert_eq!(decode(&bytes).map_err(|error| error.problem), Err("it describes more than 64 MiB"));
}
