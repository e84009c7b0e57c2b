//! The ring → the firings that are whole.

use usdt_core::recorder::format::slot;

use super::header::Header;
use super::memory::{Memory, u16_at, u32_at, u64_at};
use super::probes::Probes;
use super::values::values;
use super::{Fired, Recording};
use crate::{Event, Time};

/// How much is read at once.
const PIECE: usize = 256 << 10;

/// Reads all that a recorder holds.
pub(super) fn recording(memory: &impl Memory, header: &Header) -> Recording {
    let mut probes = Probes::read(memory, header);
    let mut recording = Recording {
        pid: header.pid,
        realtime: header.realtime,
        firings: Vec::new(),
        total: 0,
        dropped: header.dropped,
        unfinished: Vec::new(),
        damaged: 0,
        is_cut: probes.is_cut(header),
    };
    let per_piece = (PIECE / header.slot_size).max(1);
    let mut first = 0;
    while first < header.slot_count {
        let count = per_piece.min(usize::try_from(header.slot_count - first).unwrap_or(per_piece));
        let piece = piece(memory, header, first, count);
        for ((index, slot), after) in
            (first..).zip(piece.slots.chunks_exact(header.slot_size)).zip(&piece.sequences)
        {
            recording.take(header, &mut probes, index, slot, *after);
        }
        if piece.slots.len() < count * header.slot_size {
            recording.is_cut = true;
            break;
        }
        first += count as u64;
    }
    recording.end(header.total(memory));
    recording
}

/// Slots, and the sequence of each that makes its bytes valid: none if it was another before than after they were read.
struct Piece {
    slots: Vec<u8>,
    sequences: Vec<Option<u64>>,
}

fn piece(memory: &impl Memory, header: &Header, first: u64, count: usize) -> Piece {
    let address = header.slots + first * header.slot_size as u64;
    let read = || {
        let mut bytes = vec![0; count * header.slot_size];
        let read = memory.read(address, &mut bytes);
        bytes.truncate(read);
        bytes
    };
    let sequences = |bytes: &[u8]| -> Vec<Option<u64>> {
        bytes.chunks_exact(header.slot_size).map(|bytes| u64_at(bytes, slot::SEQUENCE)).collect()
    };
    if !memory.is_alive() {
        let slots = read();
        return Piece { sequences: sequences(&slots), slots };
    }
    let (before, slots, after) = (sequences(&read()), read(), sequences(&read()));
    let same = before.into_iter().zip(after).map(|(before, after)| before.filter(|_| before == after));
    Piece { sequences: same.collect(), slots }
}

impl Recording {
    fn take(
        &mut self,
        header: &Header,
        probes: &mut Probes,
        index: u64,
        bytes: &[u8],
        sequence: Option<u64>,
    ) {
        let number = match sequence {
            Some(0) => return,
            Some(sequence) => (sequence - 1) / 2,
            None => {
                self.damaged += 1;
                return;
            }
        };
        let is_here = number & (header.slot_count - 1) == index;
        let is_being_written = sequence.is_some_and(|sequence| sequence % 2 == 1);
        if is_here && is_being_written {
            self.unfinished.push(number);
        } else if let Some(event) = is_here.then(|| event(header, probes, bytes)).flatten() {
            self.firings.push(Fired { number, event });
        } else {
            self.damaged += 1;
        }
    }

    /// Brings the firings into their order; a number that nobody gave out is none.
    fn end(&mut self, total: u64) {
        self.total = total;
        let before = self.firings.len() + self.unfinished.len();
        self.firings.retain(|fired| fired.number < total);
        self.unfinished.retain(|number| *number < total);
        self.damaged += (before - self.firings.len() - self.unfinished.len()) as u64;
        self.firings.sort_unstable_by_key(|fired| fired.number);
        self.unfinished.sort_unstable();
    }
}

/// What is in a slot; `None` if it can't be.
fn event(header: &Header, probes: &mut Probes, bytes: &[u8]) -> Option<Event> {
    let len = usize::from(u16_at(bytes, slot::BYTES)?);
    let arguments = bytes.get(slot::VALUES..)?.get(..len)?;
    let probe = probes.get(u32_at(bytes, slot::PROBE)?)?;
    let count = usize::from(u16_at(bytes, slot::ARGUMENTS)?);
    Some(Event {
        time: Time(u64_at(bytes, slot::TIME)?),
        pid: header.pid,
        tid: u32_at(bytes, slot::THREAD)?,
        cpu: 0,
        values: values(&probe.args, count, arguments),
        probe,
        site: 0,
        stack: Vec::new(),
    })
}
