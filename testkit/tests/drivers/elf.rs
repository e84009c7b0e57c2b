//! What the two readers of files say; each checks the other.

use std::process::Command;

use anyhow::Result;
use testkit::elf::Elf;
use testkit::{build, readelf};

use crate::{PROBES, subject};

#[test]
fn both_readers_agree() -> Result<()> {
    let program = subject("both_readers_agree");
    let ours = Elf::open(&program)?.notes()?;
    let theirs = readelf::notes(&program)?;
    assert_eq!(ours.len(), PROBES.len());
    for (note, other) in ours.iter().zip(&theirs) {
        assert_eq!(
            (&note.provider, &note.name, &note.arguments),
            (&other.provider, &other.name, &other.arguments)
        );
        assert_eq!((note.location, note.base, note.semaphore), (other.location, other.base, other.semaphore));
    }
    Ok(())
}

#[test]
fn notes_are_found_wherever_their_section_stands() -> Result<()> {
    let program = subject("notes_are_found_wherever_their_section_stands");
    let moved = tempfile::NamedTempFile::new()?;
    let strip = ["--strip-debug", "--remove-section=.comment", "--rename-section=.note.stapsdt=.anything"];
    let status = Command::new("objcopy").args(strip).arg(&program).arg(moved.path()).status()?;
    assert!(status.success());
    assert_eq!(Elf::open(moved.path())?.notes()?, Elf::open(&program)?.notes()?);
    Ok(())
}

#[test]
fn the_site_is_a_nop_in_the_code_of_its_function() -> Result<()> {
    let program = subject("the_site_is_a_nop_in_the_code_of_its_function");
    let elf = Elf::open(&program)?;
    for note in elf.notes()? {
        assert!(elf.is_executable(note.location));
        assert!(!elf.is_executable(note.semaphore));
        assert_eq!(elf.bytes_at(note.location, 1)?, [0x90]);
        assert_eq!(elf.function_at(note.location).as_deref(), Some("fire"));
        assert_eq!(elf.symbol(&format!("kit_{}_semaphore", note.name)), Some(note.semaphore));
        assert_eq!(elf.section(".stapsdt.base").map(|base| base.address), Some(note.base));
    }
    assert!(elf.bytes_at(u64::MAX, 1).is_err());
    Ok(())
}

#[test]
fn semaphores_lie_in_their_section() -> Result<()> {
    let program = subject("semaphores_lie_in_their_section");
    let elf = Elf::open(&program)?;
    let section = elf.probes_section().expect(".probes");
    assert_eq!((section.size, section.align), (6, 2));
    assert_eq!(elf.file_offset(section.address), Some(section.offset));
    for note in elf.notes()? {
        assert!((section.address..section.address + section.size).contains(&note.semaphore));
    }
    Ok(())
}

/// lld begins the segment of the semaphores in the page of the file where RELRO ends, unless it is told otherwise.
#[test]
fn a_page_that_two_segments_map_is_noticed() -> Result<()> {
    let source = include_str!("subject.c");
    let shared = build::gcc(source, &["-fuse-ld=lld"])?;
    let elf = Elf::open(&shared)?;
    let semaphores = elf.probes_section().expect(".probes").address;
    let mappings = elf.mappings_of_page(semaphores);
    println!("lld, as it comes: {mappings:#x?}");
    assert_eq!(elf.semaphores_are_mapped_once()?, mappings.len() == 1);
    assert!(mappings.len() > 1, "expected lld to put the end of RELRO beside .probes: {mappings:#x?}");

    let separate = build::gcc(source, &["-fuse-ld=lld", "-Wl,-z,separate-loadable-segments"])?;
    assert!(Elf::open(&separate)?.semaphores_are_mapped_once()?);
    Ok(())
}
