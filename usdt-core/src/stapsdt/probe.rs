//! The stapsdt note.

use super::note::{Note, NoteError, Reader};

/// The owner of stapsdt notes.
pub const STAPSDT_OWNER: &str = "stapsdt";
/// The type of stapsdt notes.
pub const STAPSDT_TYPE: u32 = 3;

/// What a stapsdt note says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StapsdtProbe<'data> {
    /// The address of the nop when the file was linked.
    pub location: u64,
    /// The address of `.stapsdt.base` when the file was linked; 0 if there is none.
    pub base: u64,
    /// The address of the semaphore when the file was linked; 0 if there is none.
    pub semaphore: u64,
    /// The provider's name.
    pub provider: &'data str,
    /// The probe's name as it is spelled here, with `__` for `-`.
    pub probe: &'data str,
    /// The operands as text.
    pub operands: &'data str,
}

impl<'data> StapsdtProbe<'data> {
    /// Reads a note; `None` if it is another's.
    pub fn read(note: &Note<'data>) -> Option<Result<Self, NoteError>> {
        (note.owner == STAPSDT_OWNER && note.ty == STAPSDT_TYPE).then(|| Self::read_desc(note.desc))
    }

    fn read_desc(desc: &'data [u8]) -> Result<Self, NoteError> {
        let mut reader = Reader::new(desc);
        Ok(StapsdtProbe {
            location: reader.u64()?,
            base: reader.u64()?,
            semaphore: reader.u64()?,
            provider: reader.text()?,
            probe: reader.text()?,
            operands: reader.text()?,
        })
    }
}
