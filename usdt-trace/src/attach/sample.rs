//! The records that the kernel writes into a ring, as bytes.
//!
//! Every event that shares a ring begins its samples with its id. What follows is the same for all, but for the frames, the
//! registers and the stack, of which each event has its own choice. The layout is that of `PERF_RECORD_SAMPLE` in the manual page
//! `perf_event_open(2)`; numbers have the byte order of the machine.

/// What an event asked for, besides what all ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The frames of the program.
    pub frames: bool,
    /// The registers, by the kernel's numbers: a bit each.
    pub registers: u64,
    /// A piece of the stack.
    pub stack: bool,
}

/// A sample: a firing as the kernel saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample<'data> {
    /// The process.
    pub pid: u32,
    /// The thread.
    pub tid: u32,
    /// The time.
    pub time: u64,
    /// The processor.
    pub cpu: u32,
    /// The addresses of the frames as the kernel wrote them, with its marks among them.
    frames: &'data [u8],
    /// The registers, in the order of their numbers; empty if the thread had none.
    registers: &'data [u8],
    /// Which registers these are: a bit each.
    mask: u64,
    /// The stack, from the stack pointer on.
    pub stack: &'data [u8],
}

impl<'data> Sample<'data> {
    /// The id of the event that a sample is of; `None` if the record is too short.
    pub fn id(record: &[u8]) -> Option<u64> {
        Reader { rest: record }.u64()
    }

    /// Reads a sample of an event that asked for these.
    pub fn read(record: &'data [u8], asked: Contents) -> Option<Sample<'data>> {
        let mask = asked.registers;
        let mut reader = Reader { rest: record };
        let _id = reader.u64()?;
        let (pid, tid) = (reader.u32()?, reader.u32()?);
        let time = reader.u64()?;
        let (cpu, _reserved) = (reader.u32()?, reader.u32()?);
        let frames = if asked.frames { reader.frames()? } else { &[] };
        let registers = if mask == 0 { &[] } else { reader.registers(mask)? };
        let stack = if asked.stack { reader.stack()? } else { &[] };
        Some(Sample { pid, tid, time, cpu, frames, registers, mask, stack })
    }

    /// Where the program was, and where each of its functions was called: the innermost first.
    pub fn frames(&self) -> impl Iterator<Item = u64> + 'data {
        /// `PERF_CONTEXT_MAX`: what isn't smaller says of which kind the addresses behind it are.
        const MARKS: u64 = -4095_i64 as u64;
        let words = self.frames.chunks_exact(8).filter_map(|word| Reader { rest: word }.u64());
        words.filter(|&address| address < MARKS)
    }

    /// What a register held, by the kernel's number for it.
    pub fn register(&self, number: u32) -> Option<u64> {
        let bit = 1_u64.checked_shl(number)?;
        if self.mask & bit == 0 {
            return None;
        }
        let before = (self.mask & (bit - 1)).count_ones() as usize;
        Reader { rest: self.registers.get(before * 8..)? }.u64()
    }
}

/// Reads fields off a record, never past its end.
struct Reader<'data> {
    rest: &'data [u8],
}

impl<'data> Reader<'data> {
    fn bytes(&mut self, count: usize) -> Option<&'data [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_ne_bytes(self.bytes(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_ne_bytes(self.bytes(8)?.try_into().ok()?))
    }

    /// How many there are, then as many addresses and marks.
    fn frames(&mut self) -> Option<&'data [u8]> {
        let count = usize::try_from(self.u64()?).ok()?;
        self.bytes(count.checked_mul(8)?)
    }

    /// The ABI, then the registers unless the ABI says that there are none.
    fn registers(&mut self, mask: u64) -> Option<&'data [u8]> {
        match self.u64()? {
            0 => Some(&[]),
            _ => self.bytes(mask.count_ones() as usize * 8),
        }
    }

    /// The size of the copy, the copy, and how much of it is true; the last is missing if the first is 0.
    fn stack(&mut self) -> Option<&'data [u8]> {
        let size = usize::try_from(self.u64()?).ok()?;
        if size == 0 {
            return Some(&[]);
        }
        let copy = self.bytes(size)?;
        let filled = usize::try_from(self.u64()?).ok()?;
        copy.get(..filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(words: &[u64], stack: &[u8]) -> Vec<u8> {
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        bytes.extend_from_slice(stack);
        bytes
    }

    const ALL: Contents = Contents { frames: true, registers: 0b1000_1000, stack: true };

    /// Two frames behind the mark of the program's, registers 3 and 7, eight bytes of stack of which five are true.
    fn whole() -> Vec<u8> {
        let halves = |low: u64, high: u64| {
            if cfg!(target_endian = "little") { low | high << 32 } else { low << 32 | high }
        };
        let frames = [3, -512_i64 as u64, 0x4010, 0x4020];
        let before = [42, halves(7, 8), 99, halves(1, 0)];
        let mut bytes = record(&[&before[..], &frames, &[2, 0x33, 0x77, 8]].concat(), b"stack...");
        bytes.extend_from_slice(&5_u64.to_ne_bytes());
        bytes
    }

    #[test]
    fn a_sample_is_read() {
        let bytes = whole();
        assert_eq!(Sample::id(&bytes), Some(42));
        let sample = Sample::read(&bytes, ALL).unwrap();
        assert_eq!(sample.frames().collect::<Vec<_>>(), [0x4010, 0x4020]);
        assert_eq!((sample.pid, sample.tid, sample.time, sample.cpu), (7, 8, 99, 1));
        assert_eq!((sample.register(3), sample.register(7)), (Some(0x33), Some(0x77)));
        assert_eq!((sample.register(4), sample.register(64)), (None, None));
        assert_eq!(sample.stack, b"stack");
    }

    #[test]
    fn a_thread_without_registers_and_stack() {
        let bytes = record(&[42, 0, 99, 0, 0, 0], b"");
        let sample = Sample::read(&bytes, Contents { frames: false, ..ALL }).unwrap();
        assert_eq!(sample.frames().next(), None);
        assert_eq!((sample.register(3), sample.stack), (None, &[][..]));
    }

    #[test]
    fn damage_is_none_and_never_a_panic() {
        let whole = whole();
        for len in 0..whole.len() {
            assert_eq!(Sample::read(&whole[..len], ALL), None, "{len}");
        }
        for at in 0..whole.len() {
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                for registers in [0, 1, 0b1000_1000, u64::MAX] {
                    if let Some(sample) = Sample::read(&damaged, Contents { registers, ..ALL }) {
                        assert!(sample.frames().count() < whole.len());
                        for number in 0..65 {
                            let _ = sample.register(number);
                        }
                    }
                }
            }
        }
    }
}
