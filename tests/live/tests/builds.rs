//! Small programs in many build configurations, by four linkers: every note of every file is checked.

mod common;
#[path = "common/project.rs"]
mod project;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use project::{Linker, project};
use testkit::build::CargoProject;
use testkit::elf::Elf;
use testkit::{expect, readelf};

/// A way to build.
struct Build {
    name: &'static str,
    /// The settings of the release profile; `None` for a debug build.
    profile: Option<&'static str>,
    flags: &'static [&'static str],
    crate_type: Option<&'static str>,
    /// Whether functions still have names.
    symbols: bool,
}

const STATIC: &[&str] = &["-Crelocation-model=static"];
const ICF: &[&str] = &["-Clink-arg=-Wl,--icf=all"];
const PEER: &[&str] = &["--cfg=peer"];
const BUILDS: &[Build] = &[
    build("debug", None),
    build("o3-16", Some("opt-level = 3\ncodegen-units = 16\nlto = \"off\"")),
    build("o3-1", Some("opt-level = 3\ncodegen-units = 1\nlto = \"off\"")),
    build("size", Some("opt-level = \"s\"\ncodegen-units = 16\nlto = \"off\"")),
    build("thin", Some("opt-level = 3\ncodegen-units = 16\nlto = \"thin\"")),
    build("fat", Some("opt-level = 3\ncodegen-units = 1\nlto = \"fat\"")),
    build("o0-fat", Some("opt-level = 0\ncodegen-units = 16\nlto = \"fat\"")),
    build("size-fat-abort", Some("opt-level = \"s\"\nlto = \"fat\"\npanic = \"abort\"")),
    build("thin-abort", Some("opt-level = 3\nlto = \"thin\"\npanic = \"abort\"")),
    Build { flags: STATIC, ..build("debug-static", None) },
    Build { flags: STATIC, ..build("fat-static", Some("opt-level = 3\nlto = \"fat\"")) },
    Build { symbols: false, ..build("strip", Some("opt-level = 3\nstrip = true")) },
    Build { symbols: false, ..build("fat-strip", Some("opt-level = \"s\"\nlto = \"fat\"\nstrip = true")) },
    Build { crate_type: Some("cdylib"), ..build("cdylib-debug", None) },
    Build { crate_type: Some("cdylib"), ..build("cdylib-o3", Some("opt-level = 3\nlto = \"off\"")) },
    Build { crate_type: Some("cdylib"), ..build("cdylib-fat", Some("opt-level = 3\nlto = \"fat\"")) },
    Build {
        crate_type: Some("cdylib"),
        symbols: false,
        ..build("cdylib-strip", Some("opt-level = \"s\"\nstrip = true"))
    },
    Build { flags: PEER, ..build("peer", Some("opt-level = 3\ncodegen-units = 1\nlto = \"off\"")) },
    Build { flags: ICF, ..build("icf", Some("opt-level = 3\nlto = \"off\"")) },
];

const fn build(name: &'static str, profile: Option<&'static str>) -> Build {
    Build { name, profile, flags: &[], crate_type: None, symbols: true }
}

fn configure(build: &Build, linker: Linker) -> CargoProject {
    let name = build.name.replace('-', "_");
    let mut project =
        linker.link(project(&format!("matrix_{name}"), build.crate_type)).rustflags(build.flags);
    if let Some(profile) = build.profile {
        project = project.release().toml(&format!("[profile.release]\n{profile}"));
    }
    project
}

#[test]
fn rust_lld() {
    every_build(Linker::RustLld);
}

#[test]
fn gnu_ld() {
    every_build(Linker::Gnu);
}

#[test]
fn lld() {
    every_build(Linker::Lld);
}

#[test]
fn mold() {
    every_build(Linker::Mold);
}

fn every_build(linker: Linker) {
    for build in BUILDS.iter().filter(|b| b.flags != ICF || linker.folds_functions()) {
        println!("--- {linker:?}, {}", build.name);
        let file = configure(build, linker).build().expect("it builds");
        check_notes(&file, build, linker);
        if build.crate_type.is_none() {
            let status = Command::new(&file).status().expect("it runs");
            assert!(status.success(), "{status}");
        }
    }
}

fn check_notes(file: &Path, build: &Build, linker: Linker) {
    let elf = Elf::open(file).expect("an ELF file");
    assert!(linker.made(&elf), "another linker made {}", file.display());
    let mut notes = elf.notes().expect("notes");
    expect::equal("readelf", &notes.len(), &readelf::notes(file).expect("readelf runs").len());
    if linker.keeps_dead_notes() {
        notes.retain(|note| {
            !(note.semaphore == 0 && note.name.starts_with("dead") && !elf.is_executable(note.location))
        });
    }

    let names: BTreeSet<String> = notes.iter().map(|n| format!("{}:{}", n.provider, n.name)).collect();
    let live = ["library:live", "library:number", "matrix:generic", "matrix:live", "matrix:twin"];
    expect::equal("the file", &live.map(str::to_owned).into(), &names);

    let mut semaphores = BTreeMap::new();
    let section = elf.probes_section().expect(".probes");
    let base = elf.section(".stapsdt.base").expect(".stapsdt.base");
    for note in &notes {
        check_location(&elf, note.location, build);
        assert_eq!(note.base, base.address, "{note:?}");
        let within = section.address..section.address + section.size;
        assert!(within.contains(&note.semaphore) && note.semaphore % 2 == 0, "{note:?} {section:?}");
        let name = (note.provider.clone(), note.name.clone());
        let first = *semaphores.entry(name).or_insert(note.semaphore);
        assert_eq!(first, note.semaphore, "a probe has one semaphore: {notes:#?}");
    }
    let distinct: BTreeSet<u64> = semaphores.values().copied().collect();
    assert_eq!(distinct.len(), semaphores.len(), "two probes share a semaphore: {notes:#?}");
    assert!(section.align >= 4096, "{section:?}");
    assert!(elf.semaphores_are_mapped_once().expect("segments"), "the page of .probes is mapped twice");
    // `matrix:live` is in two crates, with a function each; anything more is a copy that the compiler made.
    println!("{} notes for {} probes", notes.len(), names.len());
}

fn check_location(elf: &Elf, location: u64, build: &Build) {
    assert!(elf.is_executable(location), "{location:#x} is not code");
    let code = elf.bytes_at(location, 11).expect("code");
    assert_eq!(code, [0x90, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0], "no nop at {location:#x}");
    if build.symbols {
        let function = elf.function_at(location).expect("a function");
        assert!(function.contains("__fire_"), "{location:#x} is in {function}");
    }
}
