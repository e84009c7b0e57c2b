//! Segments: how a file becomes memory.

use object::LittleEndian;
use object::elf::{PF_W, PF_X, ProgramHeader64};
use object::read::elf::ProgramHeader;

use super::ENDIAN;

/// A piece of a file that is mapped when the file is run (`PT_LOAD`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where it begins in memory, as the file was linked.
    pub address: u64,
    /// Where it begins in the file, in bytes.
    pub offset: u64,
    /// How many bytes of the file it has. In memory zeros may follow.
    pub len: u64,
    /// Whether it holds code.
    pub is_executable: bool,
    /// Whether it may be written.
    pub is_writable: bool,
}

/// Addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(super) start: u64,
    pub(super) len: u64,
}

impl Range {
    pub(crate) fn contains(self, address: u64) -> bool {
        address.checked_sub(self.start).is_some_and(|inside| inside < self.len)
    }
}

impl Segment {
    pub(super) fn of(header: &ProgramHeader64<LittleEndian>) -> Segment {
        Segment {
            address: header.p_vaddr(ENDIAN),
            offset: header.p_offset(ENDIAN),
            len: header.p_filesz(ENDIAN),
            is_executable: header.p_flags(ENDIAN).contains(PF_X),
            is_writable: header.p_flags(ENDIAN).contains(PF_W),
        }
    }

    /// How far addresses are from their places in the file.
    pub(crate) fn distance(&self) -> u64 {
        self.address.wrapping_sub(self.offset)
    }

    /// Where the byte with this address is in the file, if it is in this segment.
    pub(crate) fn offset_of(&self, address: u64) -> Option<u64> {
        let inside = address.checked_sub(self.address).filter(|&inside| inside < self.len)?;
        self.offset.checked_add(inside)
    }

    /// How many bytes of the file are both in this segment and in a mapping.
    fn overlap(&self, offset: u64, len: u64) -> u64 {
        let end = self.offset.saturating_add(self.len).min(offset.saturating_add(len));
        end.saturating_sub(self.offset.max(offset))
    }
}

/// Where the code with this address is in the file.
pub(crate) fn code_offset(segments: &[Segment], address: u64) -> Option<u64> {
    segments.iter().filter(|segment| segment.is_executable).find_map(|segment| segment.offset_of(address))
}

/// Where the data with this address is in the file.
pub(crate) fn data_offset(segments: &[Segment], address: u64) -> Option<u64> {
    segments.iter().filter(|segment| segment.is_writable).find_map(|segment| segment.offset_of(address))
}

/// What addresses are moved by in a process that has `len` bytes of the file from `offset` on at `start`, as code.
///
/// A mapping is made of whole pages, so it may have bytes of the neighbouring segments too: it belongs to the one that it has
/// the most of.
#[cfg(target_os = "linux")]
pub(crate) fn bias(segments: &[Segment], start: u64, offset: u64, len: u64) -> Option<u64> {
    let code = segments.iter().filter(|segment| segment.is_executable && segment.overlap(offset, len) > 0);
    let segment = code.max_by_key(|segment| segment.overlap(offset, len))?;
    Some(start.wrapping_sub(offset).wrapping_sub(segment.distance()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As lld lays files out: each segment begins in the page of the file in which the one before it ends.
    fn segments() -> Vec<Segment> {
        let segment = |address, offset, len, is_executable, is_writable| Segment {
            address,
            offset,
            len,
            is_executable,
            is_writable,
        };
        vec![
            segment(0, 0, 0x1234, false, false),
            segment(0x2234, 0x1234, 0x3000, true, false),
            segment(0x6234, 0x4234, 0x100, false, true),
        ]
    }

    #[test]
    fn an_address_has_a_place_in_the_file_if_a_segment_of_its_kind_holds_it() {
        let segments = segments();
        assert_eq!(code_offset(&segments, 0x2234), Some(0x1234));
        assert_eq!(code_offset(&segments, 0x5233), Some(0x4233));
        for address in [0, 0x100, 0x2233, 0x5234, 0x6234, u64::MAX] {
            assert_eq!(code_offset(&segments, address), None, "{address:#x}");
        }
        assert_eq!(data_offset(&segments, 0x6240), Some(0x4240));
        assert_eq!(data_offset(&segments, 0x6334), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_mapping_belongs_to_the_segment_that_it_has_the_most_of() {
        let segments = segments();
        // Whole, and the part behind a hole that somebody has made.
        assert_eq!(bias(&segments, 0x7000_2000, 0x1000, 0x4000), Some(0x7000_0000));
        assert_eq!(bias(&segments, 0x7000_4000, 0x3000, 0x1000), Some(0x7000_0000));
        assert_eq!(bias(&segments, 0x7000_0000, 0x8000, 0x1000), None);
        // A program that is linked for one place has its segments there.
        assert_eq!(bias(&segments, 0x2000, 0x1000, 0x4000), Some(0));
    }
}
