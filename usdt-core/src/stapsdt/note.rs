//! The notes of a section, one after another: the container that ELF defines.

use std::fmt;

/// One note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note<'data> {
    /// Who defines what is in it.
    pub owner: &'data str,
    /// The owner's number for it.
    pub ty: u32,
    /// What it says.
    pub desc: &'data [u8],
}

/// What is wrong with a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteError {
    /// Where, in bytes from the start of what was read.
    pub offset: usize,
    /// What.
    pub problem: &'static str,
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.problem)
    }
}

impl std::error::Error for NoteError {}

/// Reads the notes of a section with 4-byte alignment and little-endian numbers. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Notes<'data> {
    reader: Reader<'data>,
}

impl<'data> Notes<'data> {
    /// The notes of a section's bytes.
    pub fn new(section: &'data [u8]) -> Notes<'data> {
        Notes { reader: Reader::new(section) }
    }

    fn read(&mut self) -> Result<Note<'data>, NoteError> {
        let owner_len = self.reader.u32()?;
        let desc_len = self.reader.u32()?;
        let ty = self.reader.u32()?;
        let owner = self.reader.bytes(owner_len)?;
        let owner = std::str::from_utf8(owner.strip_suffix(b"\0").unwrap_or(owner))
            .map_err(|_| self.reader.error("the owner is not text"))?;
        self.reader.align();
        let desc = self.reader.bytes(desc_len)?;
        self.reader.align();
        Ok(Note { owner, ty, desc })
    }
}

impl<'data> Iterator for Notes<'data> {
    type Item = Result<Note<'data>, NoteError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_at_end() {
            return None;
        }
        let note = self.read();
        if note.is_err() {
            self.reader = Reader::new(&[]);
        }
        Some(note)
    }
}

/// Reads numbers and text off bytes, never past their end.
#[derive(Clone, Debug)]
pub(super) struct Reader<'data> {
    data: &'data [u8],
    offset: usize,
}

impl<'data> Reader<'data> {
    pub(super) fn new(data: &'data [u8]) -> Reader<'data> {
        Reader { data, offset: 0 }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.offset >= self.data.len()
    }

    pub(super) fn error(&self, problem: &'static str) -> NoteError {
        NoteError { offset: self.offset, problem }
    }

    /// Skips to the next multiple of four, or to the end.
    fn align(&mut self) {
        self.offset = self.offset.next_multiple_of(4).min(self.data.len());
    }

    fn bytes(&mut self, len: u32) -> Result<&'data [u8], NoteError> {
        let len = usize::try_from(len).map_err(|_| self.error("too long"))?;
        let rest = &self.data[self.offset..];
        let bytes = rest.get(..len).ok_or_else(|| self.error("longer than what is there"))?;
        self.offset += len;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], NoteError> {
        let rest = &self.data[self.offset..];
        let bytes = rest.first_chunk().ok_or_else(|| self.error("ends within a number"))?;
        self.offset += N;
        Ok(*bytes)
    }

    pub(super) fn u8(&mut self) -> Result<u8, NoteError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, NoteError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, NoteError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// Text up to a NUL byte.
    pub(super) fn text(&mut self) -> Result<&'data str, NoteError> {
        let rest = &self.data[self.offset..];
        let len = rest.iter().position(|&b| b == 0).ok_or_else(|| self.error("text without an end"))?;
        let text = std::str::from_utf8(&rest[..len]).map_err(|_| self.error("text that is not UTF-8"))?;
        self.offset += len + 1;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(owner: &[u8], ty: u32, desc: &[u8]) -> Vec<u8> {
        let len = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let mut bytes = [len(owner), len(desc), ty.to_le_bytes()].concat();
        for part in [owner, desc] {
            bytes.extend_from_slice(part);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    }

    #[test]
    fn notes_of_any_owner_are_read() {
        let section = [note(b"GNU\0", 3, b"12345"), note(b"stapsdt\0", 3, b"")].concat();
        let notes: Result<Vec<Note<'_>>, _> = Notes::new(&section).collect();
        assert_eq!(
            notes.unwrap(),
            [Note { owner: "GNU", ty: 3, desc: b"12345" }, Note { owner: "stapsdt", ty: 3, desc: b"" }]
        );
    }

    #[test]
    fn damage_is_an_error_and_the_end() {
        let whole = note(b"GNU\0", 3, b"12345");
        for len in 1..whole.len() {
            let notes: Vec<_> = Notes::new(&whole[..len]).collect();
            assert_eq!(notes.len(), 1, "{len}");
            // The padding behind the last note may be missing.
            assert_eq!(notes[0].is_err(), len < whole.len() - 3, "{len}");
        }
        let mut huge = whole.clone();
        huge[4..8].fill(0xFF);
        assert!(Notes::new(&huge).next().unwrap().is_err());
    }
}
