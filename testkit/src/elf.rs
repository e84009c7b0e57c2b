//! A file taken apart: notes, sections, segments, functions.
//!
//! It reads 64-bit little-endian ELF, wherever the sections stand in the table. All addresses are those of the file.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use object::elf;
use object::read::elf::{ElfFile64, ElfSection64, FileHeader as _, ProgramHeader as _, SectionHeader as _};
use object::{Endianness, Object as _, ObjectSection as _, ObjectSymbol as _, SectionFlags, SymbolKind};

/// The page size of the machine that maps the file.
const PAGE: u64 = 4096;

/// The type of the notes of probes.
const NT_STAPSDT: u32 = 3;

/// A file in memory.
#[derive(Debug, Clone)]
pub struct Elf {
    data: Vec<u8>,
}

/// One note, as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The provider.
    pub provider: String,
    /// The probe.
    pub name: String,
    /// The address of the site.
    pub location: u64,
    /// The address that `.stapsdt.base` had when the note was written.
    pub base: u64,
    /// The address of the semaphore, 0 if there is none.
    pub semaphore: u64,
    /// The operands.
    pub arguments: String,
}

/// One section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: u64,
    /// Its size in bytes.
    pub size: u64,
    /// Its alignment in bytes.
    pub align: u64,
    /// Where in the file its bytes are.
    pub offset: u64,
    /// `SHF_…` bits.
    pub flags: u64,
}

/// One program header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// `PT_…`
    pub kind: u32,
    /// `PF_…` bits.
    pub flags: u32,
    /// Where in the file its bytes are.
    pub offset: u64,
    /// Its address.
    pub address: u64,
    /// How many bytes come from the file.
    pub file_size: u64,
    /// How many bytes it takes in memory.
    pub memory_size: u64,
    /// Its alignment in bytes.
    pub align: u64,
}

impl Segment {
    /// True for what the loader maps.
    #[must_use]
    pub fn is_load(&self) -> bool {
        self.kind == elf::PT_LOAD
    }

    /// True if code may run there.
    #[must_use]
    pub fn is_executable(&self) -> bool {
        self.flags & elf::PF_X != 0
    }

    /// The pages of the file that a mapping of this segment covers.
    fn file_pages(&self) -> Range<u64> {
        pages(self.offset, self.file_size)
    }

    fn file_offset_of(&self, address: u64) -> Option<u64> {
        let within = address.checked_sub(self.address)?;
        (within < self.file_size).then_some(self.offset + within)
    }
}

impl Elf {
    /// Reads `path`.
    ///
    /// # Errors
    ///
    /// If it can't be read or is no such ELF file.
    pub fn open(path: &Path) -> Result<Self> {
        let data = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        Self::from_bytes(data).with_context(|| format!("{}", path.display()))
    }

    /// Takes an image that is in memory already.
    ///
    /// # Errors
    ///
    /// If it is no 64-bit little-endian ELF file.
    pub fn from_bytes(data: Vec<u8>) -> Result<Self> {
        let file = ElfFile64::<Endianness>::parse(&*data)?;
        ensure!(file.endian() == Endianness::Little, "a big-endian file");
        Ok(Self { data })
    }

    fn file(&self) -> ElfFile64<'_> {
        ElfFile64::parse(&*self.data).expect("parsed once when it was opened")
    }

    /// Every note of a probe, in the order of the file.
    ///
    /// # Errors
    ///
    /// If a note is cut short.
    pub fn notes(&self) -> Result<Vec<Note>> {
        let file = self.file();
        let (endian, mut found) = (file.endian(), Vec::new());
        for section in file.sections() {
            let Some(mut notes) = section.elf_section_header().notes(endian, &*self.data)? else { continue };
            while let Some(note) = notes.next()? {
                if note.name() == b"stapsdt" && note.n_type(endian) == NT_STAPSDT {
                    found.push(descriptor(note.desc())?);
                }
            }
        }
        Ok(found)
    }

    /// The sections, in the order of the table.
    #[must_use]
    pub fn sections(&self) -> Vec<Section> {
        self.file().sections().map(|section| describe(&section)).collect()
    }

    /// The section of that name.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<Section> {
        self.sections().into_iter().find(|section| section.name == name)
    }

    /// The bytes of the section of that name.
    #[must_use]
    pub fn section_bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.file().section_by_name(name)?.data().ok().map(<[u8]>::to_vec)
    }

    /// The section of the semaphores.
    #[must_use]
    pub fn probes_section(&self) -> Option<Section> {
        self.section(".probes")
    }

    /// The program headers, in the order of the table.
    #[must_use]
    pub fn segments(&self) -> Vec<Segment> {
        let file = self.file();
        let endian = file.endian();
        let headers = file.elf_program_headers().iter();
        let segments = headers.map(|header| Segment {
            kind: header.p_type(endian),
            flags: header.p_flags(endian),
            offset: header.p_offset(endian),
            address: header.p_vaddr(endian),
            file_size: header.p_filesz(endian),
            memory_size: header.p_memsz(endian),
            align: header.p_align(endian),
        });
        segments.collect()
    }

    /// What the loader maps.
    #[must_use]
    pub fn load_segments(&self) -> Vec<Segment> {
        self.segments().into_iter().filter(Segment::is_load).collect()
    }

    /// The kind of the file, `ET_…`.
    #[must_use]
    pub fn kind(&self) -> u16 {
        let file = self.file();
        file.elf_header().e_type(file.endian())
    }

    /// The (mangled) name of the function that `address` lies in.
    #[must_use]
    pub fn function_at(&self, address: u64) -> Option<String> {
        let file = self.file();
        let mut functions =
            file.symbols().chain(file.dynamic_symbols()).filter(|symbol| symbol.kind() == SymbolKind::Text);
        let function = functions
            .find(|symbol| (symbol.address()..symbol.address() + symbol.size()).contains(&address))?;
        function.name().ok().map(str::to_owned)
    }

    /// The address of the symbol of that name.
    #[must_use]
    pub fn symbol(&self, name: &str) -> Option<u64> {
        let file = self.file();
        let mut symbols = file.symbols().chain(file.dynamic_symbols());
        symbols.find(|symbol| symbol.name() == Ok(name)).map(|symbol| symbol.address())
    }

    /// `count` bytes of the file that are mapped at `address`.
    ///
    /// # Errors
    ///
    /// If they don't all come from the file.
    pub fn bytes_at(&self, address: u64, count: usize) -> Result<&[u8]> {
        let offset = self.file_offset(address).with_context(|| format!("{address:#x} is not in the file"))?;
        let start = usize::try_from(offset)?;
        self.data
            .get(start..start + count)
            .with_context(|| format!("{count} bytes at {address:#x} leave the file"))
    }

    /// Where in the file the byte at `address` is.
    #[must_use]
    pub fn file_offset(&self, address: u64) -> Option<u64> {
        self.load_segments().iter().find_map(|segment| segment.file_offset_of(address))
    }

    /// True if `address` is in code.
    #[must_use]
    pub fn is_executable(&self, address: u64) -> bool {
        let segments = self.load_segments();
        segments.iter().any(|segment| segment.is_executable() && segment.file_offset_of(address).is_some())
    }

    /// The `PT_LOAD` segments whose mappings, rounded to pages as the loader does it, cover the page of the file that
    /// the byte at `address` is in.
    #[must_use]
    pub fn mappings_of_page(&self, address: u64) -> Vec<Segment> {
        let Some(offset) = self.file_offset(address) else { return Vec::new() };
        let mut segments = self.load_segments();
        segments.retain(|segment| segment.file_pages().contains(&offset));
        segments
    }

    /// True if every page of the file that holds semaphores is mapped once.
    ///
    /// A page that is mapped twice, because a read-only-after-relocation segment ends in the page where the semaphores
    /// begin, makes the kernel raise the semaphores in the wrong copy.
    ///
    /// # Errors
    ///
    /// If the file has no `.probes`.
    pub fn semaphores_are_mapped_once(&self) -> Result<bool> {
        let section = self.probes_section().context("the file has no .probes")?;
        let pages = pages(section.address, section.size).step_by(usize::try_from(PAGE)?);
        Ok(pages
            .map(|page| page.max(section.address))
            .all(|address| self.mappings_of_page(address).len() == 1))
    }
}

/// The pages that `size` bytes from `start` on touch.
fn pages(start: u64, size: u64) -> Range<u64> {
    start / PAGE * PAGE..(start + size).next_multiple_of(PAGE)
}

fn describe(section: &ElfSection64<'_, '_>) -> Section {
    let flags = match section.flags() {
        SectionFlags::Elf { sh_flags } => sh_flags,
        _ => 0,
    };
    Section {
        name: section.name().unwrap_or_default().to_owned(),
        address: section.address(),
        size: section.size(),
        align: section.align(),
        offset: section.file_range().map_or(0, |(offset, _)| offset),
        flags,
    }
}

/// The body of a note: three addresses, three strings.
fn descriptor(body: &[u8]) -> Result<Note> {
    let (addresses, strings) = body.split_at_checked(24).context("a note without its three addresses")?;
    let mut addresses =
        addresses.chunks_exact(8).map(|bytes| u64::from_le_bytes(bytes.try_into().expect("eight bytes")));
    let mut strings = strings.split(|&byte| byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
    let mut address = || addresses.next().context("a note has three addresses");
    let mut string = || strings.next().context("a note has three strings");
    Ok(Note {
        location: address()?,
        base: address()?,
        semaphore: address()?,
        provider: string()?,
        name: string()?,
        arguments: string()?,
    })
}
