//! The describing note.

use std::fmt;

use super::note::{Note, NoteError, Reader};
use crate::model::name::probe_from_ident;
use crate::model::{ArgType, Argument, Probe};

/// The owner of describing notes.
pub const DESCRIBING_OWNER: &str = "usdt-probes";
/// The version of the format that this library writes, and reads.
pub const DESCRIBING_VERSION: u32 = 1;

/// What a describing note says. Its `Display` is a signature: `request_start(id: u64, path: str)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The address of the nop when the file was linked: that of the stapsdt note for the same site.
    pub location: u64,
    /// The address of `.stapsdt.base` when the file was linked.
    pub base: u64,
    /// The address of the semaphore when the file was linked.
    pub semaphore: u64,
    /// The provider's name.
    pub provider: String,
    /// The probe, with `-` where the note has `__`.
    pub probe: Probe<TypeName>,
}

/// The type of an argument, as a describing note has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    /// What it is to a tracer; `None` for a type that a later version of this library has added.
    pub ty: Option<ArgType>,
    /// As the source of the program has it.
    pub spelling: String,
}

impl Described {
    /// Reads a note; `None` if it is another's, or of a later version.
    pub fn read(note: &Note<'_>) -> Option<Result<Self, NoteError>> {
        (note.owner == DESCRIBING_OWNER && note.ty == DESCRIBING_VERSION).then(|| Self::read_desc(note.desc))
    }

    fn read_desc(desc: &[u8]) -> Result<Self, NoteError> {
        let mut reader = Reader::new(desc);
        Ok(Described {
            location: reader.u64()?,
            base: reader.u64()?,
            semaphore: reader.u64()?,
            provider: reader.text()?.to_owned(),
            probe: Probe {
                name: probe_from_ident(reader.text()?),
                doc: reader.text()?.to_owned(),
                args: (0..reader.u8()?).map(|_| argument(&mut reader)).collect::<Result<_, _>>()?,
            },
        })
    }
}

fn argument(reader: &mut Reader<'_>) -> Result<Argument<TypeName>, NoteError> {
    let ty = ArgType::from_code(reader.u8()?);
    let name = reader.text()?.to_owned();
    Ok(Argument { name, ty: TypeName { ty, spelling: reader.text()?.to_owned() } })
}

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.probe.name)?;
        for (i, arg) in self.probe.args.iter().enumerate() {
            let gap = if i == 0 { "" } else { ", " };
            write!(f, "{gap}{}: {}", arg.name, arg.ty.spelling.trim_start_matches('&'))?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stapsdt::Notes;

    /// A note as the assembler wrote it for `fn request_start(id: u64, path: &str)`, copied from `readelf -n`.
    const DESC: &str = "4a 70 01 00 00 00 00 00 18 df 00 00 00 00 00 00 00 c0 05 00 00 00 00 00 6f 72 64 65 72 73 00 72 65 71 \
        75 65 73 74 5f 73 74 61 72 74 00 41 20 72 65 71 75 65 73 74 20 77 61 73 20 61 63 63 65 70 74 65 64 2e 00 02 07 69 64 \
        00 75 36 34 00 10 70 61 74 68 00 26 73 74 72 00";

    fn desc() -> Vec<u8> {
        DESC.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
    }

    fn read(desc: &[u8]) -> Result<Described, NoteError> {
        Described::read(&Note { owner: DESCRIBING_OWNER, ty: 1, desc }).unwrap()
    }

    #[test]
    fn a_note_of_the_assembler_is_read() {
        let described = read(&desc()).unwrap();
        assert_eq!((described.location, described.base, described.semaphore), (0x1704a, 0xdf18, 0x5c000));
        assert_eq!(described.provider, "orders");
        assert_eq!(described.probe.doc, "A request was accepted.");
        assert_eq!(described.probe.args[0].ty.ty, Some(ArgType::U64));
        assert_eq!(described.probe.args[1].ty.ty, Some(ArgType::Str));
        assert_eq!(described.to_string(), "request_start(id: u64, path: str)");
    }

    #[test]
    fn the_same_bytes_are_written_as_by_the_assembler() {
        let mut section = Vec::new();
        read(&desc()).unwrap().write(&mut section);
        let note = Notes::new(&section).next().unwrap().unwrap();
        assert_eq!((note.owner, note.ty, note.desc), (DESCRIBING_OWNER, DESCRIBING_VERSION, &*desc()));
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let whole = desc();
        for len in 0..whole.len() {
            assert!(read(&whole[..len]).is_err(), "{len}");
        }
        for at in 0..whole.len() {
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                let _ = read(&damaged);
            }
        }
    }

    #[test]
    fn other_owners_and_later_versions_are_not_ours() {
        let desc = desc();
        assert!(Described::read(&Note { owner: "stapsdt", ty: 3, desc: &desc }).is_none());
        assert!(Described::read(&Note { owner: DESCRIBING_OWNER, ty: 2, desc: &desc }).is_none());
    }
}
