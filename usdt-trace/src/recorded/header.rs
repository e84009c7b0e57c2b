//! The first page of a recorder.

use usdt_core::recorder::format::{HEADER_SIZE, MAGIC, VERSION, header, slot};

use super::memory::{Memory, u32_at, u64_at};

/// The most slots that are read. A slot has 32 bytes at least, so there has to be memory for them.
const MOST_SLOTS: u64 = 1 << 24;
/// The largest slot: what its arguments may be in bytes is a `u16`.
const LARGEST_SLOT: u64 = (slot::VALUES + (1 << 16)) as u64;

/// Where everything is. All of it is within the size of the recorder, which is none that wraps around.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) address: u64,
    /// Where it ends.
    pub(super) end: u64,
    pub(super) pid: u32,
    pub(super) probes: u64,
    pub(super) probes_size: u64,
    pub(super) slots: u64,
    pub(super) slot_size: usize,
    pub(super) slot_count: u64,
    pub(super) dropped: u64,
    pub(super) realtime: i64,
}

impl Header {
    /// Reads it; `None` if it is none, or not of this version, or was copied here from elsewhere.
    pub(super) fn read(memory: &impl Memory, address: u64) -> Option<Header> {
        let mut page = [0; HEADER_SIZE];
        let read = memory.read(address, &mut page);
        let page = &page[..read];
        let word = |offset| u64_at(page, offset);
        let is_one = page.starts_with(&MAGIC) && u32_at(page, header::VERSION)? == VERSION;
        let size = word(header::SIZE)?;
        if !is_one || word(header::ADDRESS)? != address {
            return None;
        }
        let end = address.checked_add(size)?;
        let within = |offset: u64, len: u64| {
            let is_within = offset >= HEADER_SIZE as u64 && offset.checked_add(len)? <= size;
            is_within.then(|| address + offset)
        };
        let (slot_size, slot_count) = (word(header::SLOT_SIZE)?, word(header::SLOT_COUNT)?);
        let makes_sense = (slot::VALUES as u64..=LARGEST_SLOT).contains(&slot_size)
            && slot_size.is_multiple_of(8)
            && slot_count.is_power_of_two()
            && slot_count <= MOST_SLOTS;
        let probes_size = word(header::PROBES_SIZE)?;
        makes_sense.then_some(Header {
            address,
            end,
            pid: u32_at(page, header::PID)?,
            probes: within(word(header::PROBES)?, probes_size)?,
            probes_size,
            slots: within(word(header::SLOTS)?, slot_size.checked_mul(slot_count)?)?,
            slot_size: usize::try_from(slot_size).ok()?,
            slot_count,
            dropped: word(header::DROPPED)?,
            realtime: word(header::REALTIME)?.cast_signed(),
        })
    }

    /// How many firings there were until now.
    pub(super) fn total(&self, memory: &impl Memory) -> u64 {
        let mut word = [0; 8];
        let read = memory.read(self.address + header::NEXT as u64, &mut word);
        u64_at(&word[..read], 0).unwrap_or_default()
    }
}
