//! Core dumps: ELF files of a process's memory, whole or cut off.
//!
//! They have gigabytes, so they are read piece by piece; what a file says it has but doesn't is left out first.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use object::LittleEndian;
use object::elf::{
    ET_CORE, FileHeader64, NT_PRPSINFO, NT_PRSTATUS, PF_R, PF_W, PT_LOAD, PT_NOTE, ProgramHeader64,
};
use object::read::elf::{FileHeader, ProgramHeader};
use object::read::{ReadCache, ReadRef};

use super::memory::{Memory, Region, u16_at, u32_at};
use crate::elf::{ENDIAN, Refused, identify};
use crate::find::FindError;

/// A kernel writes no more segments than a process can have mappings; its own limit can be raised to this.
const MOST_SEGMENTS: usize = 1 << 20;
/// The most bytes of notes: they hold the registers of each thread.
const MOST_NOTES: u64 = 64 << 20;

/// A core dump.
#[derive(Debug)]
pub struct Core {
    file: File,
    /// In the order of their addresses.
    extents: Vec<Extent>,
    writable: Vec<Region>,
    died: Died,
    is_cut: bool,
}

/// What a core says of the process and its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Died {
    /// The process, by the id that the kernel had for it.
    pub pid: Option<u32>,
    /// Its name, as `ps` shows it.
    pub name: Option<String>,
    /// The signal that it had got. A core that was taken of a running process has none, or the one that stopped it.
    pub signal: Option<u32>,
}

/// Memory that is in the file.
#[derive(Clone, Copy, Debug)]
struct Extent {
    region: Region,
    offset: u64,
}

impl Core {
    /// Opens a core dump.
    ///
    /// # Errors
    ///
    /// If it can't be read, or is no core dump of a 64-bit program.
    pub fn open(path: &Path) -> Result<Core, FindError> {
        let io = |error| FindError::Io { path: path.to_owned(), error };
        // Others may never come to an end, or even begin to answer.
        if !std::fs::metadata(path).map_err(io)?.is_file() {
            return Err(FindError::Refused { path: path.to_owned(), refused: Refused::NotElf });
        }
        let file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let refused = |refused| FindError::Refused { path: path.to_owned(), refused };
        let cache = ReadCache::new(&file);
        let headers = headers(&cache).map_err(refused)?;
        let (extents, writable, is_cut) = memory(headers, size);
        let died = died(headers, &cache);
        Ok(Core { extents, writable, died, is_cut, file })
    }

    /// What it says of the process and its end.
    pub fn died(&self) -> &Died {
        &self.died
    }

    /// Whether the file ends before the memory that it says it has: the disk was full, or a limit was reached.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }
}

impl Memory for Core {
    fn regions(&self) -> &[Region] {
        &self.writable
    }

    fn read(&self, address: u64, into: &mut [u8]) -> usize {
        let mut read = 0;
        while read < into.len() {
            let Some(address) = address.checked_add(read as u64) else { break };
            let before = self.extents.partition_point(|extent| extent.region.start <= address);
            let Some(extent) = before.checked_sub(1).map(|i| self.extents[i]) else { break };
            let inside = address - extent.region.start;
            let rest = usize::try_from(extent.region.len.saturating_sub(inside)).unwrap_or(usize::MAX);
            let end = into.len().min(read.saturating_add(rest));
            let piece = &mut into[read..end];
            if piece.is_empty() || self.file.read_exact_at(piece, extent.offset + inside).is_err() {
                break;
            }
            read = end;
        }
        read
    }
}

type Header = ProgramHeader64<LittleEndian>;

fn headers<'data, R: ReadRef<'data>>(data: R) -> Result<&'data [Header], Refused> {
    identify(data)?;
    let header = FileHeader64::<LittleEndian>::parse(data)?;
    if header.e_type(ENDIAN) != ET_CORE {
        return Err(Refused::Unsupported("a program, and no core dump"));
    }
    let headers = header.program_headers(ENDIAN, data)?;
    if headers.len() > MOST_SEGMENTS {
        return Err(Refused::malformed("more segments than a process has"));
    }
    Ok(headers)
}

/// What memory the file has, what of it could be written, and whether there should be more.
fn memory(headers: &[Header], size: u64) -> (Vec<Extent>, Vec<Region>, bool) {
    let (mut extents, mut writable, mut is_cut) = (Vec::new(), Vec::new(), false);
    // Pieces of a file that is none of a kernel's may overlap, and would be read again and again.
    let mut budget = size;
    for header in headers {
        let (start, offset, claimed) =
            (header.p_vaddr(ENDIAN), header.p_offset(ENDIAN), header.p_filesz(ENDIAN));
        let there = size.saturating_sub(offset).min(claimed).min(u64::MAX - start);
        is_cut |= there < claimed;
        // gdb writes the notes last.
        if there == 0 || header.p_type(ENDIAN) != PT_LOAD {
            continue;
        }
        let region = Region { start, len: there };
        extents.push(Extent { region, offset });
        let flags = header.p_flags(ENDIAN);
        if flags.contains(PF_R) && flags.contains(PF_W) && there <= budget {
            budget -= there;
            writable.push(region);
        }
    }
    extents.sort_by_key(|extent| extent.region.start);
    (extents, writable, is_cut)
}

/// The first thread's status is that of the one that was killed.
fn died<'data, R: ReadRef<'data>>(headers: &[Header], data: R) -> Died {
    let mut died = Died::default();
    let is_readable =
        |header: &&Header| header.p_type(ENDIAN) == PT_NOTE && header.p_filesz(ENDIAN) <= MOST_NOTES;
    for header in headers.iter().filter(is_readable) {
        let Ok(Some(mut notes)) = header.notes(ENDIAN, data) else { continue };
        while let Ok(Some(note)) = notes.next() {
            if note.name() != b"CORE" {
                continue;
            }
            match note.n_type(ENDIAN) {
                NT_PRSTATUS if died.signal.is_none() => died.take_status(note.desc()),
                NT_PRPSINFO => died.take_info(note.desc()),
                _ => {}
            }
        }
    }
    died
}

impl Died {
    /// `struct elf_prstatus` of 64-bit kernels.
    fn take_status(&mut self, status: &[u8]) {
        const SIGNAL: usize = 12;
        const PID: usize = 32;
        self.signal = u16_at(status, SIGNAL).map(u32::from);
        self.pid = self.pid.or(u32_at(status, PID));
    }

    /// `struct elf_prpsinfo` of 64-bit kernels.
    fn take_info(&mut self, info: &[u8]) {
        const PID: usize = 24;
        const NAME: std::ops::Range<usize> = 40..56;
        // The status has the thread's.
        self.pid = u32_at(info, PID).or(self.pid);
        let name = info.get(NAME).and_then(|name| name.split(|&byte| byte == 0).next());
        self.name = name.map(|name| String::from_utf8_lossy(name).into_owned());
    }
}
