//! Reading numbers and texts off bytes that anybody may have written.

use std::fmt;

/// What is wrong with a DOF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DofError {
    /// Where, in bytes from the start of the DOF.
    pub offset: usize,
    /// What.
    pub problem: &'static str,
}

impl fmt::Display for DofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.problem)
    }
}

impl std::error::Error for DofError {}

/// Some bytes of a DOF, which know where they are in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'data> {
    data: &'data [u8],
    start: usize,
}

impl<'data> Bytes<'data> {
    /// All of a DOF.
    pub(super) fn new(data: &'data [u8]) -> Bytes<'data> {
        Bytes { data, start: 0 }
    }

    pub(super) fn data(self) -> &'data [u8] {
        self.data
    }

    pub(super) fn len(self) -> usize {
        self.data.len()
    }

    /// An error about what is `at` bytes from the start of these.
    pub(super) fn error(self, at: usize, problem: &'static str) -> DofError {
        // What a number names may be far behind everything, on a machine of 32 bits too.
        DofError { offset: self.start.saturating_add(at), problem }
    }

    /// Some of them.
    pub(super) fn part(self, at: usize, len: usize) -> Result<Bytes<'data>, DofError> {
        let end = at.checked_add(len).filter(|&end| end <= self.data.len());
        let end = end.ok_or_else(|| self.error(at, "it ends beyond the end of what it is in"))?;
        Ok(Bytes { data: &self.data[at..end], start: self.start + at })
    }

    pub(super) fn array<const N: usize>(self, at: usize) -> Result<[u8; N], DofError> {
        let bytes = self.data.get(at..).and_then(|rest| rest.first_chunk());
        bytes.copied().ok_or_else(|| self.error(at, "it ends within a number"))
    }

    pub(super) fn u8(self, at: usize) -> Result<u8, DofError> {
        self.array(at).map(u8::from_le_bytes)
    }

    pub(super) fn u16(self, at: usize) -> Result<u16, DofError> {
        self.array(at).map(u16::from_le_bytes)
    }

    pub(super) fn u32(self, at: usize) -> Result<u32, DofError> {
        self.array(at).map(u32::from_le_bytes)
    }

    pub(super) fn u64(self, at: usize) -> Result<u64, DofError> {
        self.array(at).map(u64::from_le_bytes)
    }

    /// 32 bits that say where something is, or how much. What is too large for this machine is beyond every end.
    pub(super) fn index(self, at: usize) -> Result<usize, DofError> {
        self.u32(at).map(|index| usize::try_from(index).unwrap_or(usize::MAX))
    }

    /// 64 bits that say the same.
    pub(super) fn size(self, at: usize) -> Result<usize, DofError> {
        self.u64(at).map(|size| usize::try_from(size).unwrap_or(usize::MAX))
    }

    /// The text at an offset, up to its NUL byte: at most `max` bytes. Or why there is none.
    pub(super) fn text(self, at: usize, max: usize) -> Result<&'data str, &'static str> {
        let rest = self.data.get(at..).filter(|rest| !rest.is_empty()).ok_or("there is no string")?;
        let end = rest.iter().take(max + 1).position(|&byte| byte == 0);
        let end = end.ok_or("a string that is longer than DTrace allows")?;
        std::str::from_utf8(&rest[..end]).map_err(|_| "a string that is not UTF-8")
    }
}

#[cfg(test)]
mod tests {
    use super::Bytes;

    #[test]
    fn what_is_beyond_all_memory_is_an_error_too() {
        let bytes = Bytes::new(b"0123").part(1, 3).expect("it is there");
        for (at, len) in [(usize::MAX, 1), (1, usize::MAX), (usize::MAX, usize::MAX), (4, 0)] {
            let error = bytes.part(at, len).expect_err("it is not there");
            assert_eq!(error.offset, at.saturating_add(1));
            assert!(bytes.array::<4>(at).is_err() && bytes.text(at, 1).is_err());
        }
        assert_eq!(bytes.part(3, 0).expect("the end is there").len(), 0);
    }
}
