//! The file around an image's contents. `object`'s writer makes the headers and the tables of names; it is told everything
//! twice, first to reserve the places and then to write. What the fields mean is said in `man 5 elf`.

use object::Endianness;
use object::elf::*;
use object::write::elf::{FileHeader, ProgramHeader, SectionHeader, Sym, Writer};
use object::write::{Result, StringId};

use super::Architecture;
use super::layout::Place;

/// All that a file consists of. Behind these sections it has `.symtab`, `.strtab` and `.shstrtab`.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'a> {
    pub(super) architecture: Architecture,
    pub(super) segments: &'a [Segment],
    pub(super) sections: &'a [Section<'a>],
    /// Names and places of the functions in `.text`, and the size of each.
    pub(super) functions: &'a [(String, Place)],
    pub(super) function_size: usize,
}

/// A range whose bytes are all in the file and are mapped, or are to be found, at their offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) ty: ProgramType,
    pub(super) flags: ProgramFlags,
    pub(super) start: Place,
    pub(super) end: Place,
    pub(super) align: usize,
}

/// A section. Without a place it is only in the file, behind what is before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section<'a> {
    pub(super) name: &'static str,
    pub(super) place: Option<Place>,
    pub(super) ty: SectionType,
    pub(super) flags: SectionFlags,
    pub(super) align: usize,
    pub(super) contents: &'a [u8],
}

/// What the first pass tells the second one: a section's name and offset each, and the functions' names.
#[derive(Debug)]
struct Reserved {
    sections: Vec<(StringId, u64)>,
    functions: Vec<StringId>,
}

impl<'a> File<'a> {
    pub(super) fn bytes(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(Endianness::Little, true, &mut bytes);
        let reserved = self.reserve(&mut writer);
        let written = reserved.and_then(|reserved| self.write(&mut writer, &reserved));
        written.expect("names have no NUL, and less than 4 GiB in all");
        bytes
    }

    fn reserve(self, writer: &mut Writer<'a>) -> Result<Reserved> {
        writer.reserve_file_header();
        writer.reserve_program_headers(count(self.segments.len()));
        let section = |section: &Section<'a>| {
            writer.reserve_section_index();
            if let Some(place) = section.place {
                writer.reserve_until(place.address());
            }
            let offset = writer.reserve(section.contents.len() as u64, section.align as u64);
            (writer.add_section_name(section.name.as_bytes()), offset)
        };
        let sections = self.sections.iter().map(section).collect();
        // A provider without probes has the table too.
        writer.reserve_null_symbol_index();
        let function = |(name, _): &'a (String, Place)| {
            writer.reserve_symbol_index(None);
            writer.add_string(name.as_bytes())
        };
        let functions = self.functions.iter().map(function).collect();
        writer.reserve_symtab_section_index();
        writer.reserve_strtab_section_index();
        writer.reserve_shstrtab_section_index();
        writer.reserve_symtab();
        writer.reserve_strtab()?;
        writer.reserve_shstrtab()?;
        writer.reserve_section_headers();
        Ok(Reserved { sections, functions })
    }

    fn write(self, writer: &mut Writer<'a>, reserved: &Reserved) -> Result<()> {
        writer.write_file_header(&FileHeader {
            e_type: ET_DYN,
            e_machine: self.architecture.machine(),
            ..FileHeader::default()
        })?;
        writer.write_align_program_headers();
        for segment in self.segments {
            writer.write_program_header(&segment.header());
        }
        for (section, (_, offset)) in self.sections.iter().zip(&reserved.sections) {
            writer.pad_until(*offset);
            writer.write(section.contents);
        }
        self.write_symbols(writer, reserved);
        writer.write_strtab();
        writer.write_shstrtab();
        writer.write_null_section_header();
        for (section, (name, offset)) in self.sections.iter().zip(&reserved.sections) {
            let name = writer.section_name_offset(Some(*name));
            writer.write_section_header(&section.header(name, *offset));
        }
        // All symbols but the first, which stands for none, are global.
        writer.write_symtab_section_header(1);
        writer.write_strtab_section_header();
        writer.write_shstrtab_section_header();
        Ok(())
    }

    fn write_symbols(self, writer: &mut Writer<'a>, reserved: &Reserved) {
        let text = self.sections.iter().position(|section| section.name == ".text");
        writer.write_null_symbol();
        for ((_, place), name) in self.functions.iter().zip(&reserved.functions) {
            writer.write_symbol(&Sym {
                // The table of sections begins with one that stands for none.
                section: text.map(|index| count(index + 1)),
                st_name: writer.string_offset(Some(*name)),
                st_info: STB_GLOBAL | STT_FUNC,
                st_other: SymbolOther(0),
                st_shndx: SHN_UNDEF,
                st_value: place.address(),
                st_size: self.function_size as u64,
            });
        }
    }
}

fn count(things: usize) -> u32 {
    u32::try_from(things).expect("a handful of sections")
}

impl Segment {
    fn header(self) -> ProgramHeader {
        let (start, size) = (self.start.address(), self.end.address() - self.start.address());
        ProgramHeader {
            p_type: self.ty,
            p_flags: self.flags,
            p_offset: start,
            p_vaddr: start,
            p_paddr: start,
            p_filesz: size,
            p_memsz: size,
            p_align: self.align as u64,
        }
    }
}

impl Section<'_> {
    fn header(self, name: u32, offset: u64) -> SectionHeader {
        SectionHeader {
            sh_name: name,
            sh_type: self.ty,
            sh_flags: self.flags,
            sh_addr: self.place.map_or(0, Place::address),
            sh_offset: offset,
            sh_size: self.contents.len() as u64,
            sh_addralign: self.align as u64,
            ..SectionHeader::default()
        }
    }
}
