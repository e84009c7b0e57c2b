//! Bytes that may be a section of notes: nothing panics, and what can be read can be written, and is then the same.
//!
//! `seeds/notes` holds the two note sections of an example, as the assembler wrote them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use usdt_core::model::name::{probe_from_ident, probe_to_note};
use usdt_core::stapsdt::{Described, Note, Notes, StapsdtProbe};

fuzz_target!(|section: &[u8]| {
    for note in Notes::new(section) {
        match note {
            Ok(note) => check(&note),
            Err(error) => assert!(error.offset <= section.len(), "{error}"),
        }
    }
});

fn check(note: &Note<'_>) {
    let mut written = Vec::new();
    note.write(&mut written);
    assert_eq!(only(&written), *note);
    match StapsdtProbe::read(note) {
        Some(Ok(probe)) => {
            let mut written = Vec::new();
            probe.write(&mut written);
            assert_eq!(StapsdtProbe::read(&only(&written)), Some(Ok(probe)));
        }
        Some(Err(error)) => assert!(error.offset <= note.desc.len(), "{error}"),
        None => {}
    }
    match Described::read(note) {
        Some(Ok(mut described)) => {
            let _ = described.to_string();
            let mut written = Vec::new();
            described.write(&mut written);
            // A name that has `-` in the note itself is spelled as others are.
            described.probe.name = probe_from_ident(&probe_to_note(&described.probe.name));
            assert_eq!(Described::read(&only(&written)), Some(Ok(described)));
        }
        Some(Err(error)) => assert!(error.offset <= note.desc.len(), "{error}"),
        None => {}
    }
}

/// The only note of a section.
fn only(section: &[u8]) -> Note<'_> {
    let mut notes = Notes::new(section);
    let note = notes.next().expect("one note").expect("what this library has written");
    assert!(notes.next().is_none());
    note
}
