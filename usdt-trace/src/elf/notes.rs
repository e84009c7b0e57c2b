//! The notes of a file, with their addresses where the file has them now.

use object::read::ReadRef;
use usdt_core::stapsdt::{Note, NoteError, Notes, StapsdtProbe};

use super::{ENDIAN, Elf};
use crate::flaw::{Flaw, Problem};

pub(crate) const STAPSDT: &str = ".note.stapsdt";
pub(crate) const BASE: &str = ".stapsdt.base";
const BUILD_ID: &str = ".note.gnu.build-id";

/// The most bytes of notes that are read: 100,000 probes.
const MOST: u64 = 16 << 20;

/// What a stapsdt note says, and where that is now.
#[derive(Clone, Debug)]
pub(crate) struct Located<'data> {
    pub(crate) note: StapsdtProbe<'data>,
    /// Where the nop is.
    pub(crate) address: u64,
    /// Where the semaphore is, if there is one.
    pub(crate) semaphore: Option<u64>,
}

impl<'data> Located<'data> {
    /// The provider's name and the probe's.
    pub(crate) fn names(&self) -> (&'data str, &'data str) {
        (self.note.provider, self.note.probe)
    }

    /// `provider:name`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}:{}", self.note.provider, self.note.probe)
    }

    /// Whether a linker has dropped the code and kept the note.
    pub(crate) fn is_dropped(&self) -> bool {
        self.note.location == 0
    }
}

/// How far sections were moved since the notes were written. Notes say where `.stapsdt.base` was then: what moved it has moved
/// the rest, and left the notes alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moves {
    base: Option<u64>,
}

impl Moves {
    pub(crate) fn of<'data, R: ReadRef<'data>>(elf: &Elf<'data, R>) -> Moves {
        Moves { base: elf.sections_called(BASE).next().map(|section| section.sh_addr.get(ENDIAN)) }
    }

    /// Where an address is now that stands in a note which says where the base was.
    pub(crate) fn moved(self, address: u64, base: u64) -> u64 {
        match self.base {
            Some(now) if base != 0 => address.wrapping_add(now.wrapping_sub(base)),
            _ => address,
        }
    }
}

/// The stapsdt notes, in their order.
pub(crate) fn stapsdt<'data, R: ReadRef<'data>>(
    elf: &Elf<'data, R>,
    flaws: &mut Vec<Flaw>,
) -> Vec<Located<'data>> {
    if elf.sections().is_empty() {
        flaws.push(Problem::NoSectionHeaders.into());
    }
    let moves = Moves::of(elf);
    let read = |note: Note<'data>| StapsdtProbe::read(&note);
    let located = |note: StapsdtProbe<'data>| Located {
        address: moves.moved(note.location, note.base),
        semaphore: (note.semaphore != 0).then(|| moves.moved(note.semaphore, note.base)),
        note,
    };
    notes(elf, STAPSDT, read, flaws).into_iter().map(located).collect()
}

/// What the notes of all sections with this name say: linkers make one of them, unless they are told not to. `read` gives nothing
/// for a note that is another's.
pub(crate) fn notes<'data, R: ReadRef<'data>, T>(
    elf: &Elf<'data, R>,
    section: &'static str,
    read: impl Fn(Note<'data>) -> Option<Result<T, NoteError>>,
    flaws: &mut Vec<Flaw>,
) -> Vec<T> {
    let mut notes = Vec::new();
    let mut most = MOST;
    for header in elf.sections_called(section) {
        let bytes = match elf.contents(header, most) {
            Ok(bytes) => bytes,
            Err(problem) => {
                flaws.push(Problem::UnreadableNotes { section, problem }.into());
                break;
            }
        };
        most = most.saturating_sub(header.sh_size.get(ENDIAN));
        for note in Notes::new(bytes) {
            match note.map(&read) {
                Ok(None) => {}
                Ok(Some(Ok(note))) => notes.push(note),
                Ok(Some(Err(error))) | Err(error) => {
                    flaws.push(Problem::DamagedNotes { section, error }.into());
                }
            }
        }
    }
    notes
}

/// The build id, empty if there is none.
pub(crate) fn build_id<'data, R: ReadRef<'data>>(elf: &Elf<'data, R>) -> &'data [u8] {
    const NT_GNU_BUILD_ID: u32 = 3;
    let section = elf.sections_called(BUILD_ID).next().and_then(|section| elf.contents(section, 4096).ok());
    let mut notes = Notes::new(section.unwrap_or_default()).filter_map(Result::ok);
    let id = notes.find(|note| note.owner == "GNU" && note.ty == NT_GNU_BUILD_ID);
    id.map_or(&[], |note| note.desc)
}
