//! Files that were damaged: by accident, or with care.

use std::path::Path;

use usdt_trace::find::inspect_bytes;

use crate::subjects;

/// Rounds for each file; the files are small.
const ROUNDS: usize = 50_000;

/// A generator whose upper bits are good enough.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

/// Numbers that are one off something, or much too large.
const NUMBERS: [u64; 12] =
    [0, 1, 7, 0x40, 0xFF, 0xFFFF, 1 << 20, 1 << 31, u32::MAX as u64, 1 << 62, i64::MAX as u64, u64::MAX];

fn inspect(bytes: &[u8]) {
    if let Ok(inspected) = inspect_bytes(Path::new("hostile"), bytes) {
        inspected.flaws.iter().for_each(|flaw| drop(flaw.to_string()));
        inspected.probes.iter().for_each(|probe| assert!(!probe.sites.is_empty()));
    }
}

#[test]
fn damage_is_never_a_panic() {
    let small = ["-nostdlib", "-shared", "-fPIC", "-Wl,--build-id=none", "-Wl,-z,noseparate-code"];
    let library = testkit::build::gcc(subjects::LIBRARY, &small).expect("gcc builds the library");
    let whole = std::fs::read(library).expect("the library");
    assert_eq!(inspect_bytes(Path::new("whole"), &whole).expect("an ELF file").probes.len(), 1);
    let mut random = Random(1);
    // Half of the changes are made to the headers and the notes, where they matter most.
    let headers = usize::from(u16::from_le_bytes([whole[0x28], whole[0x29]]));
    let notes = whole.windows(7).position(|window| window == b"stapsdt").expect("the note");
    for _ in 0..2 * ROUNDS {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(4) {
            let at = match random.below(6) {
                0 => random.below(64),
                1 => 64 + random.below(56 * 8),
                2 => notes.saturating_sub(12) + random.below(80),
                3 => headers + random.below(bytes.len() - headers),
                _ => random.below(bytes.len()),
            };
            if at + 8 > bytes.len() || random.below(2) == 0 {
                let at = at.min(bytes.len() - 1);
                bytes[at] = u8::try_from(random.below(256)).expect("a byte");
            } else {
                let len = 1 << random.below(4);
                let number = NUMBERS[random.below(NUMBERS.len())].to_le_bytes();
                bytes[at & !(len - 1)..][..len].copy_from_slice(&number[..len]);
            }
        }
        inspect(&bytes);
    }
}

#[test]
fn a_file_may_end_anywhere() {
    let whole = std::fs::read(subjects::library()).expect("the library");
    for len in 0..whole.len() {
        inspect(&whole[..len]);
    }
}

#[test]
fn lengths_that_cannot_be_are_refused_before_anything_is_read() {
    let whole = std::fs::read(subjects::library()).expect("the library");
    let sections = usize::try_from(u64::from_le_bytes(whole[0x28..0x30].try_into().expect("eight bytes")));
    let sections = sections.expect("a small file");
    let count = usize::from(u16::from_le_bytes([whole[0x3C], whole[0x3D]]));
    for length in [1 << 62, u64::MAX, 1 << 40, 17 << 20] {
        let mut bytes = whole.clone();
        for section in 0..count {
            bytes[sections + 64 * section + 32..][..8].copy_from_slice(&length.to_le_bytes());
        }
        inspect(&bytes);
    }
    // A section of notes alone, which then is the flaw of a file whose headers are in order.
    let inspected = inspect_bytes(Path::new("whole"), &whole).expect("an ELF file");
    assert_eq!((inspected.probes.len(), inspected.flaws.len()), (1, 0));
    let mut bytes = whole.clone();
    for section in 0..count {
        let header = sections + 64 * section;
        // The type of notes, which are in no segment.
        if bytes[header + 4] == 7 && bytes[header + 8] & 2 == 0 {
            bytes[header + 32..][..8].copy_from_slice(&(1_u64 << 62).to_le_bytes());
        }
    }
    let inspected = inspect_bytes(Path::new("hostile"), &bytes).expect("an ELF file");
    let flaws: Vec<String> = inspected.flaws.iter().map(ToString::to_string).collect();
    assert_eq!(flaws, ["section .note.stapsdt: it is longer than any compiler makes it"]);
    assert!(inspected.probes.is_empty());
}
