//! The records of probe sites in a linked file, and the instructions that they name.
//!
//! A site leaves three words: its address, the address of what describes its probe, and its kind. The kernel refuses a site,
//! mostly in silence, if other instructions stand there than it knows; so the bytes are compared one by one.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use object::{Architecture, BinaryFormat};

use super::binary::Binary;

/// The size of a record.
const RECORD: usize = 24;

/// As much as is read of what describes a probe. A text in it is an address and a length.
const DEFINITION: u64 = 64;

/// What a record names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Where a probe fires.
    Site,
    /// Where the program asks whether anybody watches.
    Enabled,
}

#[derive(Debug, PartialEq, Eq)]
struct Record {
    address: u64,
    definition: u64,
    kind: Kind,
}

/// How many places a tracer may patch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) sites: usize,
    pub(super) enabled: usize,
}

/// The probes of a file: the places of each, by the texts that describe it.
pub(super) type Probes = BTreeMap<BTreeSet<String>, Places>;

/// Reads all records, and checks that the kernel would take what they name.
pub(super) fn probes(binary: &Binary) -> Result<Probes> {
    let (mut probes, mut seen) = (Probes::new(), BTreeSet::new());
    for record in records(binary)? {
        check(binary, &record).with_context(|| format!("{record:#x?}"))?;
        // A kernel drops the probe.
        ensure!(seen.insert(record.address), "two records name {:#x}", record.address);
        let places = probes.entry(texts(binary, record.definition)?).or_default();
        match record.kind {
            Kind::Site => places.sites += 1,
            Kind::Enabled => places.enabled += 1,
        }
    }
    Ok(probes)
}

/// What the section of the records is called, and the linker's names for its bounds.
fn section(format: BinaryFormat) -> (&'static str, [&'static str; 2]) {
    match format {
        BinaryFormat::MachO => {
            ("__usdt_probes", ["section$start$__DATA$__usdt_probes", "section$end$__DATA$__usdt_probes"])
        }
        _ => ("set_usdt_probes", ["__start_set_usdt_probes", "__stop_set_usdt_probes"]),
    }
}

fn records(binary: &Binary) -> Result<Vec<Record>> {
    let (name, bounds) = section(binary.format);
    let section = binary.section(name).with_context(|| format!("the file has no {name}"))?;
    ensure!(section.data.len() % RECORD == 0, "{name} has {} bytes: a record is cut", section.data.len());
    for (bound, offset) in bounds.iter().zip([0, section.data.len()]) {
        let undefined = binary.undefined.iter().any(|symbol| symbol.ends_with(bound));
        ensure!(!undefined, "the linker doesn't know {bound}");
        // Not every linker leaves them in the table of symbols.
        if let Some(&address) = binary.symbols.get(*bound) {
            ensure!(address == section.address + offset as u64, "{bound} is {address:#x}");
        }
    }
    let places = (section.address..).step_by(RECORD).zip(section.data.chunks_exact(RECORD));
    places.filter_map(|(place, bytes)| record(binary, place, bytes).transpose()).collect()
}

/// The record at `place`, unless it is the one that only makes sure that the section exists.
fn record(binary: &Binary, place: u64, bytes: &[u8]) -> Result<Option<Record>> {
    let pointers = [binary.pointer_at(place), binary.pointer_at(place + 8)];
    let (address, definition) = match pointers {
        [Some(address), Some(definition)] => (address, definition),
        [None, None] if bytes.iter().all(|&byte| byte == 0) => return Ok(None),
        _ => bail!("the record at {place:#x} is not relocated: {bytes:x?}"),
    };
    let kind = match u64::from_le_bytes(bytes[16..].try_into()?) {
        0 => Kind::Site,
        1 => Kind::Enabled,
        other => bail!("the record at {place:#x} is of kind {other}"),
    };
    Ok(Some(Record { address, definition, kind }))
}

/// Compares the instructions with those that kernels know, and what follows an is-enabled site with what must use its result.
fn check(binary: &Binary, record: &Record) -> Result<()> {
    let bytes = |back: u64, count| binary.code_at(record.address.wrapping_sub(back), count);
    let as_expected = match (binary.architecture, record.kind) {
        (Architecture::X86_64, Kind::Site) => bytes(0, 1)? == [0x90],
        // xor rax, rax; nop; nop; test eax, eax; jne, short or near
        (Architecture::X86_64, Kind::Enabled) => {
            matches!(
                bytes(3, 9)?,
                [0x48, 0x33, 0xc0, 0x90, 0x90, 0x85, 0xc0, 0x75, _]
                    | [0x48, 0x33, 0xc0, 0x90, 0x90, 0x85, 0xc0, 0x0f, 0x85]
            )
        }
        (Architecture::Aarch64, Kind::Site) => bytes(0, 4)? == 0xd503_201f_u32.to_le_bytes(),
        // mov x0, #0; cbnz x0
        (Architecture::Aarch64, Kind::Enabled) => {
            let [mov, jump] = [word(bytes(0, 4)?)?, word(bytes(0, 8)?.split_at(4).1)?];
            mov == 0xd280_0000 && jump & 0xff00_001f == 0xb500_0000
        }
        (other, _) => bail!("{other:?} has no sites"),
    };
    ensure!(as_expected, "other instructions stand there: {:x?}", bytes(0, 8));
    Ok(())
}

fn word(bytes: &[u8]) -> Result<u32> {
    Ok(u32::from_le_bytes(bytes.try_into()?))
}

/// The texts in what describes a probe, in no order: that is the compiler's.
fn texts(binary: &Binary, definition: u64) -> Result<BTreeSet<String>> {
    let places = (definition..definition + DEFINITION).step_by(8);
    let texts = places.filter_map(|place| Some((place, binary.pointer_at(place)?)));
    texts
        .map(|(place, text)| {
            let length = u64::from_le_bytes(binary.data_at(place + 8, 8)?.try_into()?);
            Ok(String::from_utf8(binary.data_at(text, usize::try_from(length)?)?.to_owned())?)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::binary::Section;
    use super::*;

    const CODE: u64 = 0x1000;
    const DATA: u64 = 0x2000;
    const RECORDS: u64 = 0x3000;
    const X86_64: [u8; 12] = [0x48, 0x33, 0xc0, 0x90, 0x90, 0x85, 0xc0, 0x75, 0x10, 0xc3, 0x90, 0xc3];
    const AARCH64: [u32; 4] = [0xd280_0000, 0xb500_00a0, 0xd65f_03c0, 0xd503_201f];

    /// A file with this code, one definition, and records of a kind at an offset in the code, behind one of nothing.
    fn file(architecture: Architecture, code: &[u8], records: &[(u64, u64)]) -> Binary {
        let section = |name: &str, address, data: &[u8], is_code| Section {
            name: name.to_owned(),
            address,
            data: data.to_owned(),
            is_code,
        };
        let texts = b"shopsold";
        let definition: Vec<u8> = [0_u64, 4, 0, 4, 0, 0, 0, 0].iter().flat_map(|w| w.to_le_bytes()).collect();
        let mut pointers = BTreeMap::from([(DATA, DATA + 64), (DATA + 16, DATA + 68)]);
        let mut list = vec![0; RECORD];
        for &(offset, kind) in records {
            let place = RECORDS + list.len() as u64;
            pointers.extend([(place, CODE + offset), (place + 8, DATA)]);
            list.extend([0, 0, kind].map(u64::to_le_bytes).concat());
        }
        Binary {
            format: BinaryFormat::Elf,
            architecture,
            sections: vec![
                section(".text", CODE, code, true),
                section(".data", DATA, &[&definition[..], texts].concat(), false),
                section("set_usdt_probes", RECORDS, &list, false),
            ],
            pointers,
            symbols: BTreeMap::from([("__start_set_usdt_probes".to_owned(), RECORDS)]),
            undefined: vec!["malloc".to_owned()],
            libraries: Vec::new(),
        }
    }

    fn x86_64(records: &[(u64, u64)]) -> Binary {
        file(Architecture::X86_64, &X86_64, records)
    }

    fn aarch64(records: &[(u64, u64)]) -> Binary {
        file(Architecture::Aarch64, &AARCH64.map(u32::to_le_bytes).concat(), records)
    }

    #[test]
    fn places_are_counted_by_probe() {
        let sold = BTreeSet::from(["shop".to_owned(), "sold".to_owned()]);
        let expected = Probes::from([(sold, Places { sites: 1, enabled: 1 })]);
        assert_eq!(probes(&x86_64(&[(3, 1), (10, 0)])).expect("as it should be"), expected);
        assert_eq!(probes(&aarch64(&[(0, 1), (12, 0)])).expect("as it should be"), expected);
        assert!(probes(&x86_64(&[])).expect("no probes").is_empty());
    }

    #[test]
    fn a_place_beside_the_instruction_is_noticed() {
        for offset in (0..12).filter(|&offset| offset != 3) {
            probes(&x86_64(&[(offset, 1)])).expect_err("not the first nop of an is-enabled site");
        }
        for offset in (0..16).filter(|offset| ![3, 4, 10].contains(offset)) {
            probes(&x86_64(&[(offset, 0)])).expect_err("no nop");
        }
        for (offset, kind) in [(4, 1), (8, 1), (12, 1), (0, 0), (8, 0), (16, 0), (1, 0)] {
            probes(&aarch64(&[(offset, kind)])).expect_err("other instructions");
        }
    }

    #[test]
    fn a_result_that_nobody_uses_is_noticed() {
        let mut code = X86_64;
        code[7] = 0x74;
        probes(&file(Architecture::X86_64, &code, &[(3, 1)])).expect_err("je");
        let code = [AARCH64[0], 0xb500_00a1].map(u32::to_le_bytes).concat();
        probes(&file(Architecture::Aarch64, &code, &[(0, 1)])).expect_err("cbnz x1");
    }

    #[test]
    fn broken_records_are_noticed() {
        probes(&x86_64(&[(3, 1), (3, 1)])).expect_err("the same place twice");
        probes(&x86_64(&[(3, 2)])).expect_err("no such kind");
        let broken = |change: fn(&mut Binary)| {
            let mut file = x86_64(&[(3, 1)]);
            change(&mut file);
            probes(&file).expect_err("broken").to_string()
        };
        assert!(
            broken(|file| file.pointers.retain(|&place, _| place != RECORDS + 24)).contains("not relocated")
        );
        assert!(broken(|file| file.sections[2].data.truncate(30)).contains("cut"));
        assert!(broken(|file| file.sections.truncate(2)).contains("no set_usdt_probes"));
        assert!(broken(|file| file.undefined.push("__stop_set_usdt_probes".to_owned())).contains("__stop"));
        assert!(
            broken(|file| file.symbols.extend([("__stop_set_usdt_probes".to_owned(), RECORDS)]))
                .contains("__stop")
        );
    }
}
