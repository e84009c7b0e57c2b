//! A small reader of what a recorder leaves in the memory of its own process.

// The numbers of this process fit its own types. No test needs all of this.
#![allow(clippy::cast_possible_truncation, dead_code)]

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;

use usdt_core::model::ArgType;
use usdt_core::recorder::format::{MAGIC, header, slot};

pub(crate) struct Recording {
    memory: Vec<u8>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Value {
    Number(u64),
    Wide(u64, u64),
    /// And its flags.
    Text(Bytes, u16),
}

#[derive(PartialEq)]
pub(crate) struct Bytes(Vec<u8>);

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes(bytes)
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Self {
        Bytes(text.into())
    }
}

#[derive(Debug)]
pub(crate) struct Firing {
    pub number: u64,
    pub time: u64,
    pub thread: u64,
    /// `provider:probe(type name, …)`
    pub probe: String,
    pub values: Vec<Value>,
}

pub(crate) fn own_thread() -> u64 {
    let link = fs::read_link("/proc/thread-self").unwrap();
    link.file_name().unwrap().to_str().unwrap().parse().unwrap()
}

impl Recording {
    /// The one recording of this process.
    pub(crate) fn own() -> Recording {
        let memory = File::open("/proc/self/mem").unwrap();
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let mut found = Vec::new();
        for line in maps.lines().filter(|line| line.contains("rw-p 00000000 00:00 0")) {
            let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
            let [start, end] = [start, end].map(|it| usize::from_str_radix(it, 16).unwrap());
            // Mappings of the same kind that lie side by side are one line.
            for page in (start..end).step_by(4096) {
                let mut magic = [0; MAGIC.len()];
                if memory.read_exact_at(&mut magic, page as u64).is_ok() && magic == MAGIC {
                    let mut size = [0; 8];
                    memory.read_exact_at(&mut size, (page + header::SIZE) as u64).unwrap();
                    let mut bytes = vec![0; u64::from_le_bytes(size) as usize];
                    memory.read_exact_at(&mut bytes, page as u64).unwrap();
                    let recording = Recording { memory: bytes };
                    // Not a page of this very reader's.
                    if recording.number(header::ADDRESS, 8) == page as u64 {
                        found.push(recording);
                    }
                }
            }
        }
        assert_eq!(found.len(), 1, "recordings");
        found.remove(0)
    }

    /// A number of the recorder's memory.
    pub(crate) fn number(&self, at: usize, size: usize) -> u64 {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(&self.memory[at..][..size]);
        u64::from_le_bytes(bytes)
    }

    /// Where the slot of a firing is, from the start of the recorder.
    pub(crate) fn slot(&self, firing: u64) -> usize {
        let [slots, size, count] =
            [header::SLOTS, header::SLOT_SIZE, header::SLOT_COUNT].map(|at| self.number(at, 8));
        (slots + firing % count * size) as usize
    }

    /// Writes into the memory itself, as another thread may at any moment.
    pub(crate) fn write(&self, at: usize, number: u64) {
        let memory = File::options().write(true).open("/proc/self/mem").unwrap();
        let address = self.number(header::ADDRESS, 8) + at as u64;
        memory.write_all_at(&number.to_le_bytes(), address).unwrap();
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.number(header::DROPPED, 8)
    }

    /// The complete ones, in order.
    pub(crate) fn firings(&self) -> Vec<Firing> {
        assert_eq!(self.number(header::PID, 4), u64::from(std::process::id()));
        let [slots, size, count] =
            [header::SLOTS, header::SLOT_SIZE, header::SLOT_COUNT].map(|at| self.number(at, 8) as usize);
        let mut firings: Vec<_> = (0..count).filter_map(|i| self.firing(slots + i * size)).collect();
        firings.sort_by_key(|it| it.number);
        firings
    }

    fn firing(&self, at: usize) -> Option<Firing> {
        let sequence = self.number(at, 8);
        assert!(sequence.is_multiple_of(2));
        let (probe, types) = self.probe(self.number(at + slot::PROBE, 4));
        let arguments = self.number(at + slot::ARGUMENTS, 2) as usize;
        let mut values = Vec::new();
        let mut place = at + slot::VALUES;
        for ty in &types[..arguments.min(types.len())] {
            let (value, size) = self.value(*ty, place);
            values.push(value);
            place += size;
        }
        assert_eq!(place - at - slot::VALUES, self.number(at + slot::BYTES, 2) as usize);
        (sequence > 0).then(|| Firing {
            number: sequence / 2 - 1,
            time: self.number(at + slot::TIME, 8),
            thread: self.number(at + slot::THREAD, 4),
            probe,
            values,
        })
    }

    fn value(&self, ty: ArgType, at: usize) -> (Value, usize) {
        use ArgType::*;
        match ty {
            Str | CStr | Bytes | Json | JsonResult => {
                let len = self.number(at, 2) as usize;
                let text = self.memory[at + 4..][..len].to_vec();
                (Value::Text(text.into(), self.number(at + 2, 2) as u16), (4 + len).next_multiple_of(8))
            }
            U128 | I128 => (Value::Wide(self.number(at, 8), self.number(at + 8, 8)), 16),
            _ => (Value::Number(self.number(at, 8)), 8),
        }
    }

    fn probe(&self, id: u64) -> (String, Vec<ArgType>) {
        if id == 0 {
            return ("?".into(), Vec::new());
        }
        let at = self.number(header::PROBES, 8) as usize + 8 * (id as usize - 1);
        assert!(self.number(at, 4) > 8);
        let mut rest = &self.memory[at + 8..];
        let mut text = || {
            let len = rest.iter().position(|&byte| byte == 0).unwrap();
            let text = std::str::from_utf8(&rest[..len]).unwrap().to_owned();
            rest = &rest[len + 1..];
            text
        };
        let name = format!("{}:{}", text(), text());
        let args: Vec<String> = (0..self.number(at + 4, 4)).map(|_| text()).collect();
        let types = args.iter().map(|arg| ArgType::from_code(arg.as_bytes()[0]).unwrap());
        let shown: Vec<_> = args.iter().map(|arg| format!("{} {}", arg.as_bytes()[0], &arg[1..])).collect();
        (format!("{name}({})", shown.join(", ")), types.collect())
    }
}
