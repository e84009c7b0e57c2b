//! Files.

use std::path::Path;

use testkit::elf::Elf;
use testkit::{expect, readelf};
use usdt_core::stapsdt::operand::{Base, Place, Sort};
use usdt_trace::find::{FindError, Finder};
use usdt_trace::flaw::{Flaw, Problem};
use usdt_trace::{Kind, Probe, Refused};

use crate::subjects;

/// `provider:probe location semaphore operands`, of each site.
fn rows<'a>(probes: impl IntoIterator<Item = &'a std::sync::Arc<Probe>>) -> Vec<String> {
    let sites = probes.into_iter().flat_map(|probe| probe.sites.iter().map(move |site| (probe, site)));
    let mut rows: Vec<String> = sites
        .map(|(probe, site)| {
            let semaphore = site.semaphore.map_or(0, |semaphore| semaphore.address);
            format!("{} {:#x} {semaphore:#x} {}", probe.full_name(), site.address, site.text)
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn the_same_sites_are_found_as_by_readelf() {
    for flags in [&["-pie"][..], &["-no-pie"], &["-no-pie", "-static"], &["-s"], &["-O0"]] {
        let shop = subjects::shop(flags);
        let expected = readelf::rows(&shop).expect("readelf reads the file");
        assert_eq!(expected.iter().filter(|row| row.starts_with("shop:")).count(), 4, "{expected:?}");
        expect::equal(
            "the finder",
            &expected,
            &rows(&Finder::new().file(&shop).expect("a file with probes")),
        );
    }
}

/// Whatever of this the machine has: probes of other people, as their distribution built them.
#[test]
fn the_machines_own_libraries_have_the_probes_that_readelf_reads() {
    let candidates = ["libc.so.6", "libstdc++.so.6", "libm.so.6", "libpthread.so.0"];
    let libraries = candidates.map(|name| format!("/usr/lib/x86_64-linux-gnu/{name}"));
    for path in
        libraries.iter().map(Path::new).chain([Path::new("/usr/bin/python3")]).filter(|path| path.exists())
    {
        let found = Finder::new().file(path).expect("an ELF file");
        expect::equal(
            &path.display().to_string(),
            &readelf::rows(path).expect("readelf reads the file"),
            &rows(&found),
        );
    }
}

#[test]
fn offsets_lead_to_the_nop_and_to_a_semaphore_of_zero() {
    for flags in [&["-pie"][..], &["-no-pie"]] {
        let shop = subjects::shop(flags);
        let bytes = std::fs::read(&shop).expect("the file");
        let at = |offset: Option<u64>| {
            usize::try_from(offset.expect("a place in the file")).expect("a small file")
        };
        for site in Finder::new().file(&shop).expect("probes").iter().flat_map(|probe| &probe.sites) {
            assert_eq!(bytes[at(site.offset)], 0x90, "{site:?}");
            if let Some(semaphore) = site.semaphore {
                assert_eq!(bytes[at(semaphore.offset)..][..2], [0, 0], "{site:?}");
            }
        }
    }
}

#[test]
fn sites_of_a_name_are_one_probe_with_the_widest_operands() {
    let probes = Finder::new().file(&subjects::shop(&[])).expect("probes");
    let names: Vec<String> = probes.iter().map(ToString::to_string).collect();
    expect::equal(
        "the finder",
        &vec![
            "shop:sold(arg0: i64, arg1: u64, arg2: i16)".to_owned(),
            "shop:all(arg0: i64, arg1: u8, arg2: i32, arg3: i8, arg4: i64, arg5: f64)".to_owned(),
            "shop:globals(arg0: u64, arg1: i32, arg2: u32, arg3: u32, arg4: u32)".to_owned(),
        ],
        &names,
    );
    assert_eq!(probes[0].sites.len(), 2);
    let Kind::Operand(price) = probes[1].args[5].kind else { panic!("nothing describes it") };
    assert_eq!(price.sort, Sort::Float);
}

#[test]
fn symbols_become_addresses_of_the_program() {
    for flags in [&["-pie"][..], &["-no-pie"]] {
        let shop = subjects::shop(flags);
        let inspected = Finder::new().inspect(&shop).expect("probes");
        let globals = inspected.probes.iter().find(|probe| probe.name == "globals").expect("the probe");
        let address = |name| nm(&shop, name);
        let expected = [address("visitors"), address("till"), address("table") + 8];
        for (operand, expected) in globals.sites[0].operands.iter().zip(expected) {
            let Place::Memory(place) = &operand.as_ref().expect("an operand").place else {
                panic!("{operand:?}")
            };
            assert_eq!((&place.base, &place.index), (&Base::Program, &None));
            assert_eq!(place.displacement.cast_unsigned(), expected);
        }
        let flaws: Vec<String> = inspected.flaws.iter().map(ToString::to_string).collect();
        expect::equal(
            "the finder",
            &vec![
                r#"shop:globals: site 0: operand "4@%fs:0x10": thread-local"#.to_owned(),
                r#"shop:globals: site 0: operand "4@nowhere(%rip)": a symbol that the file has no address of"#
                    .to_owned(),
            ],
            &flaws,
        );
    }
}

/// The address of a symbol, by binutils.
fn nm(path: &Path, name: &str) -> u64 {
    let output = std::process::Command::new("nm").arg(path).output().expect("nm runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let line = text.lines().find(|line| line.split(' ').nth(2) == Some(name)).expect("the symbol");
    u64::from_str_radix(line.split(' ').next().expect("an address"), 16).expect("a number")
}

#[test]
fn without_a_symbol_table_a_symbol_has_no_address() {
    let inspected = Finder::new().inspect(&subjects::shop(&["-s"])).expect("probes");
    let is_operand = |flaw: &&Flaw| matches!(flaw.problem, Problem::UnreadableOperand { .. });
    let problems = inspected.flaws.iter().filter(is_operand).count();
    assert_eq!(problems, 5, "{:?}", inspected.flaws);
}

#[test]
fn what_moved_the_base_has_moved_the_sites() {
    let shop = subjects::shop(&["-pie"]);
    let before = Finder::new().file(&shop).expect("probes");
    // As prelink did, or as a tool that moves sections does: the notes go on saying what they said.
    let mut bytes = std::fs::read(&shop).expect("the file");
    let base = Elf::open(&shop).expect("an ELF file").section(".stapsdt.base").expect("the base").address;
    let notes = readelf::notes(&shop).expect("notes");
    for note in &notes {
        let moved = [note.location, note.base, note.semaphore].map(|address| address - 0x1000);
        say(&mut bytes, note, moved);
    }
    let after = usdt_trace::find::inspect_bytes(&shop, &bytes).expect("probes").probes;
    assert_eq!(base, notes[0].base);
    assert_eq!(rows(&before), rows(&after));
}

/// Makes a note say other addresses: the location, the base, the semaphore.
fn say(bytes: &mut [u8], note: &readelf::Note, addresses: [u64; 3]) {
    let said = [note.location, note.base, note.semaphore].map(u64::to_le_bytes).concat();
    let at = bytes.windows(24).position(|window| window == said).expect("the note");
    bytes[at..][..24].copy_from_slice(&addresses.map(u64::to_le_bytes).concat());
}

#[test]
fn what_no_tracer_can_use_is_a_flaw_and_no_site() {
    let shop = subjects::shop(&["-pie"]);
    let mut bytes = std::fs::read(&shop).expect("the file");
    let notes = readelf::notes(&shop).expect("notes");
    let [first, second, third, fourth] = &notes[..] else { panic!("{notes:?}") };
    say(&mut bytes, first, [0, first.base, first.semaphore]);
    say(&mut bytes, second, [second.base, second.base, second.semaphore]);
    say(&mut bytes, third, [u64::MAX, third.base, third.semaphore]);
    say(&mut bytes, fourth, [fourth.location, fourth.base, fourth.location]);
    let inspected = usdt_trace::find::inspect_bytes(&shop, &bytes).expect("an ELF file");
    let flaw = |note: &readelf::Note, problem| Flaw {
        probe: Some(format!("{}:{}", note.provider, note.name)),
        problem,
    };
    assert_eq!(
        inspected.flaws,
        [
            flaw(first, Problem::DroppedCode),
            flaw(second, Problem::NotCode { address: second.base }),
            flaw(third, Problem::NotCode { address: u64::MAX }),
            flaw(fourth, Problem::SemaphoreReadOnly { address: fourth.location }),
        ]
    );
    let sites: Vec<usize> = inspected.probes.iter().map(|probe| probe.sites.len()).collect();
    assert_eq!(sites, [1]);
}

#[test]
fn what_is_no_program_is_said_by_name() {
    let mut finder = Finder::new();
    let mut said = |path: &str| finder.file(Path::new(path)).expect_err(path).to_string();
    assert_eq!(said("/nowhere"), "/nowhere: No such file or directory (os error 2)");
    assert_eq!(said("/dev/zero"), "/dev/zero: not an ELF file");
    assert_eq!(said("/"), "/: not an ELF file");
    assert_eq!(said("/etc/passwd"), "/etc/passwd: not an ELF file");
    let object = testkit::build::gcc(subjects::LIBRARY, &["-c"]).expect("gcc compiles");
    assert!(matches!(finder.file(&object), Err(FindError::Refused { refused: Refused::Unsupported(_), .. })));
}

#[test]
fn a_file_is_read_again_only_if_it_has_changed() {
    let copy = testkit::build::own_copy(&subjects::library(), "changed").expect("a copy");
    let mut finder = Finder::new();
    let first = finder.inspect(&copy).expect("probes");
    assert!(std::sync::Arc::ptr_eq(&first, &finder.inspect(&copy).expect("probes")));
    let shop = std::fs::read(subjects::shop(&[])).expect("the shop");
    std::fs::write(&copy, shop).expect("another file in its place");
    let names: Vec<String> =
        finder.file(&copy).expect("probes").iter().map(|probe| probe.full_name()).collect();
    assert_eq!(names, ["shop:sold", "shop:all", "shop:globals"]);
}
