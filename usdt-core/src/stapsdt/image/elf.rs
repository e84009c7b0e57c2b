//! The file around an image's contents: headers and the tables of strings. `object` has the structures and the constants;
//! what they mean is said in `man 5 elf`.

use object::elf::*;
use object::pod::bytes_of;
use object::{LittleEndian as LE, U16, U32, U64};

use super::architecture::Architecture;
use super::layout::Place;

/// How many program headers a file has.
const SEGMENTS: usize = 3;

/// A file that grows by one section after another.
#[derive(Debug)]
pub(super) struct File {
    bytes: Vec<u8>,
    sections: Vec<SectionHeader64<LE>>,
    names: Strings,
}

/// A section before its place in the file is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section<'contents> {
    pub(super) name: &'static str,
    pub(super) ty: SectionType,
    pub(super) flags: SectionFlags,
    pub(super) align: usize,
    pub(super) contents: &'contents [u8],
}

/// A table of strings. An offset in it stands for a string.
#[derive(Debug)]
pub(super) struct Strings(Vec<u8>);

/// Where a section is in the table of sections.
#[derive(Clone, Copy, Debug)]
pub(super) struct Index(u16);

impl File {
    pub(super) fn new() -> File {
        let room = size_of::<FileHeader64<LE>>() + SEGMENTS * size_of::<ProgramHeader64<LE>>();
        let mut file = File { bytes: vec![0; room], sections: Vec::new(), names: Strings::new() };
        file.sections.push(header(0, SHT_NULL, SectionFlags(0), 0));
        file
    }

    /// Adds a section that is mapped at a place, behind all that is there.
    pub(super) fn mapped(&mut self, place: Place, section: Section<'_>) -> Index {
        debug_assert!(self.bytes.len() <= place.offset(), "sections are added in their order");
        self.bytes.resize(place.offset(), 0);
        let name = self.names.add(section.name);
        self.append(name, place.address(), section)
    }

    /// Adds a section that is only in the file.
    pub(super) fn unmapped(&mut self, section: Section<'_>) -> Index {
        self.bytes.resize(self.bytes.len().next_multiple_of(section.align), 0);
        let name = self.names.add(section.name);
        self.append(name, 0, section)
    }

    /// Adds `.symtab` and `.strtab` with these functions: name, address, size in bytes.
    pub(super) fn functions(
        &mut self,
        text: Index,
        functions: impl IntoIterator<Item = (String, Place, usize)>,
    ) {
        let mut names = Strings::new();
        let mut symbols = bytes_of(&symbol(0, Index(0), STT_NOTYPE, 0, 0)).to_vec();
        // All but the first, which stands for none, are global.
        let locals = 1;
        for (name, place, size) in functions {
            let symbol = symbol(names.add(&name), text, STT_FUNC, place.address(), size as u64);
            symbols.extend(bytes_of(&symbol));
        }
        let table = self.unmapped(Section {
            name: ".symtab",
            ty: SHT_SYMTAB,
            flags: SectionFlags(0),
            align: 8,
            contents: &symbols,
        });
        let strings = self.unmapped(Section::strings(".strtab", &names));
        let table = &mut self.sections[usize::from(table.0)];
        table.sh_link = U32::new(LE, strings.0.into());
        table.sh_info = U32::new(LE, locals);
        table.sh_entsize = U64::new(LE, size_of::<Sym64<LE>>() as u64);
    }

    /// Adds what is left, the headers, and gives the whole.
    pub(super) fn finish(
        mut self,
        architecture: Architecture,
        segments: [ProgramHeader64<LE>; SEGMENTS],
    ) -> Vec<u8> {
        let name = self.names.add(".shstrtab");
        let names = std::mem::replace(&mut self.names, Strings::new());
        let names = self.append(name, 0, Section::strings(".shstrtab", &names));
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let table = self.bytes.len() as u64;
        self.bytes.extend(self.sections.iter().flat_map(bytes_of));
        let header = file_header(architecture.machine(), table, self.sections.len(), names);
        let headers = [bytes_of(&header), &segments.each_ref().map(bytes_of).concat()].concat();
        self.bytes[..headers.len()].copy_from_slice(&headers);
        self.bytes
    }

    fn append(&mut self, name: u32, address: u64, section: Section<'_>) -> Index {
        let index = u16::try_from(self.sections.len()).expect("a handful of sections");
        self.sections.push(SectionHeader64 {
            sh_addr: U64::new(LE, address),
            sh_offset: U64::new(LE, self.bytes.len() as u64),
            sh_size: U64::new(LE, section.contents.len() as u64),
            ..header(name, section.ty, section.flags, section.align)
        });
        self.bytes.extend(section.contents);
        Index(index)
    }
}

impl<'contents> Section<'contents> {
    fn strings(name: &'static str, strings: &'contents Strings) -> Section<'contents> {
        Section { name, ty: SHT_STRTAB, flags: SectionFlags(0), align: 1, contents: &strings.0 }
    }
}

impl Strings {
    fn new() -> Strings {
        // Offset 0 is no name.
        Strings(vec![0])
    }

    /// Adds a name without NUL bytes, which always has an offset of its own.
    fn add(&mut self, name: &str) -> u32 {
        let offset = u32::try_from(self.0.len()).expect("names have less than 4 GiB in all");
        self.0.extend(name.bytes().chain([0]));
        offset
    }
}

/// A program header for places whose bytes are all in the file.
pub(super) fn segment(
    ty: ProgramType,
    flags: ProgramFlags,
    start: Place,
    end: Place,
    align: usize,
) -> ProgramHeader64<LE> {
    let size = U64::new(LE, end.address() - start.address());
    ProgramHeader64 {
        p_type: U32::new(LE, ty),
        p_flags: U32::new(LE, flags),
        p_offset: U64::new(LE, start.address()),
        p_vaddr: U64::new(LE, start.address()),
        p_paddr: U64::new(LE, start.address()),
        p_filesz: size,
        p_memsz: size,
        p_align: U64::new(LE, align as u64),
    }
}

/// A section header without a place.
fn header(name: u32, ty: SectionType, flags: SectionFlags, align: usize) -> SectionHeader64<LE> {
    SectionHeader64 {
        sh_name: U32::new(LE, name),
        sh_type: U32::new(LE, ty),
        sh_flags: U64::new(LE, flags),
        sh_addr: U64::new(LE, 0),
        sh_offset: U64::new(LE, 0),
        sh_size: U64::new(LE, 0),
        sh_link: U32::new(LE, 0),
        sh_info: U32::new(LE, 0),
        sh_addralign: U64::new(LE, align as u64),
        sh_entsize: U64::new(LE, 0),
    }
}

fn symbol(name: u32, section: Index, ty: SymbolType, address: u64, size: u64) -> Sym64<LE> {
    let bind = if section.0 == 0 { STB_LOCAL } else { STB_GLOBAL };
    Sym64 {
        st_name: U32::new(LE, name),
        st_info: bind | ty,
        st_other: SymbolOther(0),
        st_shndx: U16::new(LE, SymbolSection(section.0)),
        st_value: U64::new(LE, address),
        st_size: U64::new(LE, size),
    }
}

fn file_header(machine: Machine, sections_at: u64, sections: usize, names: Index) -> FileHeader64<LE> {
    let size = |size: usize| U16::new(LE, u16::try_from(size).expect("headers are small and few"));
    FileHeader64 {
        e_ident: Ident {
            magic: ELFMAG,
            class: ELFCLASS64,
            data: ELFDATA2LSB,
            version: EV_CURRENT,
            os_abi: ELFOSABI_NONE,
            abi_version: 0,
            padding: [0; 7],
        },
        e_type: U16::new(LE, ET_DYN),
        e_machine: U16::new(LE, machine),
        e_version: U32::new(LE, EV_CURRENT.0.into()),
        e_entry: U64::new(LE, 0),
        e_phoff: U64::new(LE, size_of::<FileHeader64<LE>>() as u64),
        e_shoff: U64::new(LE, sections_at),
        e_flags: U32::new(LE, FileFlags(0)),
        e_ehsize: size(size_of::<FileHeader64<LE>>()),
        e_phentsize: size(size_of::<ProgramHeader64<LE>>()),
        e_phnum: size(SEGMENTS),
        e_shentsize: size(size_of::<SectionHeader64<LE>>()),
        e_shnum: size(sections),
        e_shstrndx: U16::new(LE, SymbolSection(names.0)),
    }
}
