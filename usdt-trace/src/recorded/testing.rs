//! Recorders that are written by hand, from what the format says alone.

use usdt_core::model::ArgType;
use usdt_core::recorder::format::{HEADER_SIZE, MAGIC, VERSION, header, slot};

/// Where the memory is.
pub(super) const ADDRESS: u64 = 0x7f00_0000_0000;
/// How many bytes the table of probes has.
const TABLE: usize = 4096;
/// How many bytes a slot has.
pub(super) const SLOT: usize = 128;

/// A recorder's memory.
#[derive(Clone, Debug)]
pub(super) struct Region {
    pub(super) bytes: Vec<u8>,
    used: usize,
    count: u64,
}

impl Region {
    /// With so many slots, that are all empty.
    pub(super) fn new(count: usize) -> Region {
        let bytes = vec![0; HEADER_SIZE + TABLE + count * SLOT];
        let mut region = Region { bytes, used: 0, count: count as u64 };
        region.put(header::MAGIC, &MAGIC);
        region.put(header::VERSION, &VERSION.to_le_bytes());
        region.put(header::PID, &1234_u32.to_le_bytes());
        for (offset, value) in [
            (header::ADDRESS, ADDRESS),
            (header::SIZE, region.bytes.len() as u64),
            (header::PROBES, HEADER_SIZE as u64),
            (header::PROBES_SIZE, TABLE as u64),
            (header::SLOTS, (HEADER_SIZE + TABLE) as u64),
            (header::SLOT_SIZE, SLOT as u64),
            (header::SLOT_COUNT, count as u64),
            (header::REALTIME, 1_000_000),
        ] {
            region.word(offset, value);
        }
        region
    }

    pub(super) fn put(&mut self, offset: usize, bytes: &[u8]) {
        self.bytes[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    pub(super) fn word(&mut self, offset: usize, value: u64) {
        self.put(offset, &value.to_le_bytes());
    }

    /// Adds a probe, and gives its id.
    pub(super) fn probe(&mut self, provider: &str, name: &str, args: &[(&str, ArgType)]) -> u32 {
        let mut entry = [[0; 4], u32::try_from(args.len()).unwrap().to_le_bytes()].concat();
        for text in [provider, name] {
            entry.extend(text.bytes().chain([0]));
        }
        for (name, ty) in args {
            entry.push(*ty as u8);
            entry.extend(name.bytes().chain([0]));
        }
        entry.resize(entry.len().next_multiple_of(8), 0);
        let size = u32::try_from(entry.len()).unwrap();
        entry[..4].copy_from_slice(&size.to_le_bytes());
        let id = u32::try_from(self.used / 8).unwrap() + 1;
        self.put(HEADER_SIZE + self.used, &entry);
        self.used += entry.len();
        self.word(header::PROBES_USED, self.used as u64);
        id
    }

    /// Where the slot of a firing is.
    pub(super) fn slot(&self, number: u64) -> usize {
        HEADER_SIZE + TABLE + usize::try_from(number % self.count).unwrap() * SLOT
    }

    /// Writes a firing, complete.
    pub(super) fn fire(&mut self, number: u64, probe: u32, count: u16, arguments: &[u8]) {
        let at = self.slot(number);
        self.word(at + slot::SEQUENCE, 2 * number + 2);
        self.word(at + slot::TIME, 1000 + number);
        self.put(at + slot::THREAD, &1240_u32.to_le_bytes());
        self.put(at + slot::PROBE, &probe.to_le_bytes());
        self.put(at + slot::ARGUMENTS, &count.to_le_bytes());
        self.put(at + slot::BYTES, &u16::try_from(arguments.len()).unwrap().to_le_bytes());
        self.put(at + slot::VALUES, arguments);
        self.word(header::NEXT, number + 1);
    }

    /// With `firings` of `shop:sold(id, name)`.
    pub(super) fn of_shop(count: usize, firings: u64) -> Region {
        let mut region = Region::new(count);
        let sold = region.probe("shop", "sold", &[("id", ArgType::U64), ("name", ArgType::Str)]);
        for number in 0..firings {
            region.fire(number, sold, 2, &[number.to_le_bytes().to_vec(), text(b"tea", 0)].concat());
        }
        region
    }
}

/// A text, as an argument.
pub(super) fn text(bytes: &[u8], flags: u16) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    let mut text = [&length.to_le_bytes()[..], &flags.to_le_bytes(), bytes].concat();
    text.resize(text.len().next_multiple_of(8), 0);
    text
}
