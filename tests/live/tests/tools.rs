//! What the tools that only look show of a program with probes.

mod common;

use std::collections::BTreeSet;
use std::process::Command;

use common::{ticker, tracing, values};
use object::{Object, ObjectSection};
use testkit::{bpftrace, expect, gdb, perf, readelf};
use usdt_core::model::ArgType;
use usdt_core::stapsdt::{Described, Notes, StapsdtProbe};

fn numbers() -> BTreeSet<String> {
    ["lazy", "pair", "tick"].map(str::to_owned).into()
}

#[test]
fn readelf_shows_one_note_a_probe() {
    let notes = readelf::notes(ticker()).expect("readelf runs");
    let shown: Vec<String> = notes.iter().map(|n| format!("{}:{}", n.provider, n.name)).collect();
    let mut sorted = shown.clone();
    sorted.sort();
    expect::equal(
        "readelf",
        &["numbers:lazy", "numbers:pair", "numbers:tick"].map(str::to_owned).to_vec(),
        &sorted,
    );
    for note in notes {
        assert!(note.location != 0 && note.base != 0 && note.semaphore != 0, "{note:?}");
    }
}

#[test]
fn gdb_lists_the_probes() {
    let Some(_alone) = tracing() else { return };
    let probes = gdb::info_probes_stap(ticker()).expect("gdb runs");
    expect::equal("gdb", &numbers(), &probes.iter().map(|p| p.name.clone()).collect::<BTreeSet<_>>());
    assert!(probes.iter().all(|p| p.semaphore.is_some()), "{probes:?}");
}

#[test]
fn perf_lists_the_probes() {
    let Some(_alone) = tracing() else { return };
    let listed = perf::list_sdt(values()).expect("perf runs");
    let listed: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
    for probe in ["values:small", "values:with__dash", "values:twelve", "values:nothing"] {
        assert!(listed.contains(probe), "expected {probe}, perf said {listed:?}");
    }
}

#[test]
fn bpftrace_lists_the_probes() {
    let Some(_alone) = tracing() else { return };
    let prefix = format!("usdt:{}:numbers:", ticker().display());
    let listed = bpftrace::list(ticker()).expect("bpftrace runs");
    let names = listed.iter().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned);
    expect::equal("bpftrace -l", &numbers(), &names.collect::<BTreeSet<_>>());
}

fn section(path: &std::path::Path, name: &str) -> Vec<u8> {
    let data = std::fs::read(path).expect("the subject");
    let file = object::File::parse(&*data).expect("an ELF file");
    file.section_by_name(name).expect(name).data().expect(name).to_vec()
}

fn described(path: &std::path::Path) -> Vec<Described> {
    let section = section(path, ".note.usdt-probes");
    let notes = Notes::new(&section)
        .map(|note| Described::read(&note.expect("a note")).expect("ours").expect("whole"));
    notes.collect()
}

#[test]
fn the_describing_note_says_names_types_and_doc() {
    let all = described(ticker());
    let tick = all.iter().find(|d| d.probe.name == "tick").expect("tick");
    expect::equal("the note", "tick(id: u64, negative: i64)", &*tick.to_string());
    expect::equal("the note", "Fired as often as somebody asks.", &*tick.probe.doc);
    let pair = all.iter().find(|d| d.probe.name == "pair").expect("pair");
    expect::equal("the note", "pair(id: u64, text: str, bytes: [u8])", &*pair.to_string());
    let types: Vec<ArgType> = pair.probe.args.iter().filter_map(|a| a.ty.ty).collect();
    expect::equal("the note", &vec![ArgType::U64, ArgType::Str, ArgType::Bytes], &types);
}

#[test]
fn the_two_notes_agree_for_every_kind_of_value() {
    let section = section(values(), ".note.stapsdt");
    let notes: Vec<_> = Notes::new(&section).map(|note| note.expect("a note")).collect();
    let all = described(values());
    assert_eq!(all.len(), notes.len());
    for described in all {
        let found = notes.iter().filter_map(StapsdtProbe::read).map(|n| n.expect("whole"));
        let stapsdt = found.into_iter().find(|n| n.location == described.location).expect("the other note");
        assert_eq!(stapsdt.provider, described.provider);
        assert_eq!((stapsdt.base, stapsdt.semaphore), (described.base, described.semaphore));
        let sizes = described.probe.args.iter().flat_map(|a| a.ty.ty.expect("known").operands());
        let sizes: Vec<String> = sizes.map(i8::to_string).collect();
        let written =
            stapsdt.operands.split_whitespace().map(|o| o.split('@').next().expect("a size").to_owned());
        expect::equal(&format!("the operands of {}", described), &sizes, &written.collect::<Vec<_>>());
    }
}

#[test]
fn strip_keeps_the_notes() {
    let dir = std::env::temp_dir().join(format!("usdt-probes-strip-{}", std::process::id()));
    let run = Command::new("strip").arg("-o").arg(&dir).arg(ticker()).status().expect("strip runs");
    assert!(run.success());
    let (before, after) =
        (readelf::notes(ticker()).expect("readelf"), readelf::notes(&dir).expect("readelf"));
    let described = described(&dir).len();
    std::fs::remove_file(&dir).expect("the stripped file");
    expect::equal("readelf", &before, &after);
    expect::equal("the describing notes", &3, &described);
}
