//! A process that lives: its memory, as it is now.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::memory::{Memory, Region};
use crate::find::FindError;
use crate::maps::{Mapping, mappings};

/// How much of a mapping is looked at: memory that is only set aside can have terabytes.
const MOST_OF_MAPPING: u64 = 64 << 30;
/// How many pages are asked about at once.
const PIECE: usize = 8192;

/// A running process.
#[derive(Debug)]
pub struct Living {
    memory: File,
    regions: Vec<Region>,
}

impl Living {
    /// Opens the memory of a process. It goes on running meanwhile.
    ///
    /// # Errors
    ///
    /// If there is no such process, or it is none of this user's.
    pub fn open(pid: u32) -> Result<Living, FindError> {
        let proc = PathBuf::from(format!("/proc/{pid}"));
        let io = |piece: &str, error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => FindError::NoProcess { pid },
            _ => FindError::Io { path: proc.join(piece), error },
        };
        let open = |piece: &str| File::open(proc.join(piece)).map_err(|error| io(piece, error));
        let maps = fs::read(proc.join("maps")).map_err(|error| io("maps", error))?;
        let (memory, pages) = (open("mem")?, open("pagemap").ok());
        let is_candidate = |mapping: &Mapping| {
            mapping.is_readable() && mapping.is_writable() && mapping.is_private() && !mapping.is_of_file()
        };
        let candidates = mappings(&maps).filter(is_candidate);
        let regions = candidates.flat_map(|mapping| match &pages {
            Some(pages) => touched(pages, &mapping),
            None => vec![Region { start: mapping.start, len: mapping.end.saturating_sub(mapping.start) }],
        });
        Ok(Living { regions: regions.collect(), memory })
    }
}

impl Memory for Living {
    fn regions(&self) -> &[Region] {
        &self.regions
    }

    fn read(&self, address: u64, into: &mut [u8]) -> usize {
        let mut read = 0;
        while read < into.len() {
            match self.memory.read_at(&mut into[read..], address.wrapping_add(read as u64)) {
                Ok(more @ 1..) => read += more,
                Ok(0) | Err(_) => break,
            }
        }
        read
    }

    fn is_alive(&self) -> bool {
        true
    }
}

/// The pages of a mapping that were written to. To read the others would give the process pages that it never asked for.
fn touched(pages: &File, mapping: &Mapping) -> Vec<Region> {
    const IS_THERE: u64 = 1 << 63;
    const IS_SWAPPED: u64 = 1 << 62;
    let size = rustix::param::page_size() as u64;
    let end = mapping.end.min(mapping.start.saturating_add(MOST_OF_MAPPING));
    let mut touched: Vec<Region> = Vec::new();
    let mut words = vec![0; PIECE * 8];
    let mut address = mapping.start;
    while address < end {
        let wanted = usize::try_from((end - address) / size).unwrap_or(PIECE).clamp(1, PIECE);
        let Ok(read @ 1..) = pages.read_at(&mut words[..wanted * 8], address / size * 8) else { break };
        for word in words[..read].as_chunks().0 {
            if u64::from_le_bytes(*word) & (IS_THERE | IS_SWAPPED) != 0 {
                match touched.last_mut() {
                    Some(last) if last.start + last.len == address => last.len += size,
                    _ => touched.push(Region { start: address, len: size }),
                }
            }
            address += size;
        }
    }
    touched
}
