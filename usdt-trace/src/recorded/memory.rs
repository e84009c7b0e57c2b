//! Memory in which recorders are looked for.

/// A piece of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its address.
    pub start: u64,
    /// Its size in bytes.
    pub len: u64,
}

/// Whatever gives bytes at an address.
pub trait Memory {
    /// Where a recorder may begin: what the program could write. Their sum is no more than what there is.
    fn regions(&self) -> &[Region];

    /// Reads what follows an address, and says how many bytes there were.
    fn read(&self, address: u64, into: &mut [u8]) -> usize;

    /// Whether it may change while it is read.
    fn is_alive(&self) -> bool {
        false
    }
}

/// Bytes at an address.
#[derive(Clone, Debug)]
pub struct Bytes<'a> {
    region: [Region; 1],
    bytes: &'a [u8],
}

impl<'a> Bytes<'a> {
    /// These bytes, at this address.
    pub fn new(start: u64, bytes: &'a [u8]) -> Bytes<'a> {
        Bytes { region: [Region { start, len: bytes.len() as u64 }], bytes }
    }
}

impl Memory for Bytes<'_> {
    fn regions(&self) -> &[Region] {
        &self.region
    }

    fn read(&self, address: u64, into: &mut [u8]) -> usize {
        let offset =
            address.checked_sub(self.region[0].start).and_then(|offset| usize::try_from(offset).ok());
        let rest = offset.and_then(|offset| self.bytes.get(offset..)).unwrap_or_default();
        let len = rest.len().min(into.len());
        into[..len].copy_from_slice(&rest[..len]);
        len
    }
}

/// Up to `most` bytes that follow an address. No more is allocated than a piece beyond what there is.
pub(super) fn read_up_to(memory: &impl Memory, address: u64, most: u64) -> Vec<u8> {
    const PIECE: usize = 64 << 10;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    while bytes.len() < most {
        let start = bytes.len();
        bytes.resize(start + PIECE.min(most - start), 0);
        let wanted = bytes.len();
        let read = memory.read(address.wrapping_add(start as u64), &mut bytes[start..]);
        bytes.truncate(start + read);
        if bytes.len() < wanted {
            break;
        }
    }
    bytes
}

/// The `u16` at an offset; `None` if it isn't all there.
pub(super) fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(offset..)?.first_chunk()?))
}

/// The `u32` at an offset.
pub(super) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(offset..)?.first_chunk()?))
}

/// The `u64` at an offset.
pub(super) fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(offset..)?.first_chunk()?))
}
