//! ELF files: headers, segments, sections by name, notes. Every read is checked, and what is read is limited: the numbers in a
//! file are those of a stranger.
//!
//! They are read from whatever gives bytes at an offset: a file, by system calls, or memory.

pub(crate) mod notes;
mod refused;
pub(crate) mod segment;

use object::LittleEndian;
use object::elf::{
    EM_AARCH64, EM_X86_64, ET_DYN, ET_EXEC, FileHeader64, PT_GNU_RELRO, PT_LOAD, ProgramHeader64, SHT_NOBITS,
    SectionHeader64,
};
use object::read::ReadRef;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use usdt_core::model::Architecture;

pub use refused::Refused;
use segment::Range;
pub use segment::Segment;

/// The byte order of every file that is read.
pub(crate) const ENDIAN: LittleEndian = LittleEndian;
/// The most sections of a file that are looked at.
const MOST_SECTIONS: u32 = 1 << 20;
/// The kernel runs no file with more segments: their table may have 64 KiB.
const MOST_SEGMENTS: usize = (64 << 10) / size_of::<ProgramHeader64<LittleEndian>>();
/// The most bytes of the names of sections: as many sections with names of a usual length.
const MOST_NAMES: u64 = 64 << 20;

type Header = FileHeader64<LittleEndian>;
type Section = SectionHeader64<LittleEndian>;

/// An ELF file whose headers make sense.
#[derive(Debug)]
pub(crate) struct Elf<'data, R> {
    data: R,
    pub(crate) architecture: Architecture,
    /// What is mapped, in the order of the file's headers, which is that in which the kernel maps it.
    pub(crate) segments: Vec<Segment>,
    /// Which addresses can't be written any more once the program runs.
    pub(crate) relro: Option<Range>,
    sections: &'data [Section],
    names: &'data [u8],
}

impl<'data, R: ReadRef<'data>> Elf<'data, R> {
    pub(crate) fn read(data: R) -> Result<Self, Refused> {
        let architecture = identify(data)?;
        let header = Header::parse(data)?;
        if !matches!(header.e_type(ENDIAN), ET_EXEC | ET_DYN) {
            return Err(Refused::Unsupported("neither a program nor a shared library"));
        }
        let (segments, relro) = segments(header, data)?;
        if header.shnum(ENDIAN, data)? > MOST_SECTIONS {
            return Err(Refused::malformed("more sections than any linker writes"));
        }
        let sections = header.section_headers(ENDIAN, data)?;
        let names = match sections {
            [] => &[][..],
            _ => {
                let index = header.section_strings_index(ENDIAN, data)?;
                let missing = Refused::malformed("the names of sections are missing");
                let section = sections.get(index.0).ok_or(missing)?;
                contents(section, data, MOST_NAMES).map_err(Refused::malformed)?
            }
        };
        Ok(Elf { data, architecture, segments, relro, sections, names })
    }

    pub(crate) fn sections(&self) -> &'data [Section] {
        self.sections
    }

    /// The sections with this name.
    pub(crate) fn sections_called<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'data Section> + 'a {
        self.sections.iter().filter(move |section| self.is_called(section, name))
    }

    /// Where the first section with this name stands in the table.
    pub(crate) fn number_of(&self, name: &str) -> Option<usize> {
        self.sections.iter().position(|section| self.is_called(section, name))
    }

    fn is_called(&self, section: &Section, name: &str) -> bool {
        let start = usize::try_from(section.sh_name(ENDIAN)).unwrap_or(usize::MAX);
        let rest = self.names.get(start..).unwrap_or_default();
        rest.strip_prefix(name.as_bytes()).is_some_and(|behind| behind.first() == Some(&0))
    }

    /// What is in a section, if it isn't more than `most` bytes.
    pub(crate) fn contents(&self, section: &Section, most: u64) -> Result<&'data [u8], &'static str> {
        contents(section, self.data, most)
    }

    /// The section that another one names as the one that belongs to it.
    pub(crate) fn linked(&self, section: &Section) -> Option<&'data Section> {
        self.sections.get(section.link(ENDIAN).0)
    }

    /// The segment that has the byte with this address, from the file.
    pub(crate) fn segment(&self, address: u64) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.offset_of(address).is_some())
    }

    /// The bytes at an address, as many as there are up to `most`.
    pub(crate) fn bytes(&self, address: u64, most: u64) -> &'data [u8] {
        let read = || {
            let offset = self.segment(address)?.offset_of(address)?;
            let rest = self.data.len().ok()?.checked_sub(offset)?;
            self.data.read_bytes_at(offset, rest.min(most)).ok()
        };
        read().unwrap_or_default()
    }
}

/// Looks at the first bytes: is this a file whose probes can be read?
pub(crate) fn identify<'data, R: ReadRef<'data>>(data: R) -> Result<Architecture, Refused> {
    const MAGIC: &[u8] = b"\x7fELF";
    let ident = data.read_bytes_at(0, 20).map_err(|()| Refused::NotElf)?;
    if !ident.starts_with(MAGIC) {
        return Err(Refused::NotElf);
    }
    let (class, order, machine) = (ident[4], ident[5], u16::from_le_bytes([ident[18], ident[19]]));
    match (class, order) {
        (1, _) => Err(Refused::Unsupported("a 32-bit file")),
        (2, 2) => Err(Refused::Unsupported("a big-endian file")),
        (2, 1) if machine == EM_X86_64.0 => Ok(Architecture::X86_64),
        (2, 1) if machine == EM_AARCH64.0 => Ok(Architecture::Aarch64),
        (2, 1) => Err(Refused::Unsupported("a file of another architecture")),
        _ => Err(Refused::malformed("a class or byte order that doesn't exist")),
    }
}

/// What is mapped, and what of it is made read-only before the program begins.
fn segments<'data, R: ReadRef<'data>>(
    header: &Header,
    data: R,
) -> Result<(Vec<Segment>, Option<Range>), Refused> {
    let headers = header.program_headers(ENDIAN, data)?;
    if headers.len() > MOST_SEGMENTS {
        return Err(Refused::malformed("more segments than the kernel takes"));
    }
    let of_type = |ty| headers.iter().filter(move |header| header.p_type(ENDIAN) == ty);
    let relro = of_type(PT_GNU_RELRO)
        .map(|header| Range { start: header.p_vaddr(ENDIAN), len: header.p_memsz(ENDIAN) })
        .next();
    Ok((of_type(PT_LOAD).map(Segment::of).collect(), relro))
}

fn contents<'data, R: ReadRef<'data>>(
    section: &Section,
    data: R,
    most: u64,
) -> Result<&'data [u8], &'static str> {
    if section.sh_type(ENDIAN) == SHT_NOBITS {
        return Err("it has no bytes in this file");
    }
    if section.sh_size(ENDIAN) > most {
        return Err("it is longer than any compiler makes it");
    }
    section.data(ENDIAN, data).map_err(|_| "it is not within the file")
}
