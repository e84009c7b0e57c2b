//! A linked file taken apart: an ELF or Mach-O program or library, as plain data.
//!
//! The files may be loaded anywhere, so an address in their data is not simply there: a list says where the dynamic linker
//! puts one. In ELF the address stands in the list (`R_X86_64_RELATIVE`), in Mach-O in the data.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use object::read::elf::ElfFile64;
use object::read::macho::{LoadCommandVariant, MachOFile64};
use object::{
    Architecture, BinaryFormat, Endianness, File, Object as _, ObjectSection as _, ObjectSegment as _,
    ObjectSymbol as _, RelocationFlags, SectionKind, elf, macho,
};

/// A file, at the addresses that it was linked for.
#[derive(Debug)]
pub(super) struct Binary {
    pub(super) format: BinaryFormat,
    pub(super) architecture: Architecture,
    pub(super) sections: Vec<Section>,
    /// Each address in the data: where it is, and what it is.
    pub(super) pointers: BTreeMap<u64, u64>,
    /// The names that are defined here, and their addresses.
    pub(super) symbols: BTreeMap<String, u64>,
    /// The names that are defined elsewhere.
    pub(super) undefined: Vec<String>,
    /// What the dynamic linker is to load.
    pub(super) libraries: Vec<String>,
}

/// A part of the file.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) address: u64,
    pub(super) data: Vec<u8>,
    pub(super) is_code: bool,
}

impl Section {
    /// `count` bytes at `address`, where all of them are in here.
    fn bytes_at(&self, address: u64, count: usize) -> Option<&[u8]> {
        let start = usize::try_from(address.checked_sub(self.address)?).ok()?;
        self.data.get(start..start.checked_add(count)?)
    }
}

impl Binary {
    /// Reads `path`.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let data = std::fs::read(path).with_context(|| path.display().to_string())?;
        Self::parse(&data).with_context(|| path.display().to_string())
    }

    fn parse(data: &[u8]) -> Result<Self> {
        let file = File::parse(data)?;
        let (pointers, libraries) = match &file {
            File::Elf64(file) => (elf_pointers(file)?, elf_libraries(file)?),
            File::MachO64(file) => (macho_pointers(file, data)?, macho_libraries(file)?),
            _ => bail!("neither 64-bit ELF nor 64-bit Mach-O"),
        };
        let all = || file.symbols().chain(file.dynamic_symbols());
        let symbols = all().filter(|symbol| symbol.is_definition());
        let undefined = all().filter(|symbol| symbol.is_undefined());
        Ok(Self {
            format: file.format(),
            architecture: file.architecture(),
            sections: sections(&file)?,
            pointers,
            symbols: symbols
                .map(|symbol| Ok((symbol.name()?.to_owned(), symbol.address())))
                .collect::<Result<_>>()?,
            undefined: undefined.map(|symbol| Ok(symbol.name()?.to_owned())).collect::<Result<_>>()?,
            libraries,
        })
    }

    /// The section of that name.
    pub(super) fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// `count` bytes of code at `address`.
    pub(super) fn code_at(&self, address: u64, count: usize) -> Result<&[u8]> {
        let mut code = self.sections.iter().filter(|section| section.is_code);
        code.find_map(|section| section.bytes_at(address, count))
            .with_context(|| format!("{count} bytes at {address:#x} are not in code"))
    }

    /// `count` bytes of anything but code at `address`.
    pub(super) fn data_at(&self, address: u64, count: usize) -> Result<&[u8]> {
        let mut data = self.sections.iter().filter(|section| !section.is_code);
        data.find_map(|section| section.bytes_at(address, count))
            .with_context(|| format!("{count} bytes at {address:#x} are not in data"))
    }

    /// The address that the dynamic linker puts at `place`, if it does.
    pub(super) fn pointer_at(&self, place: u64) -> Option<u64> {
        self.pointers.get(&place).copied()
    }
}

/// What is loaded and has bytes in the file.
fn sections(file: &File<'_>) -> Result<Vec<Section>> {
    let loaded = file.sections().filter(|section| {
        !matches!(section.kind(), SectionKind::UninitializedData | SectionKind::UninitializedTls)
            && section.address() != 0
    });
    loaded
        .map(|section| {
            Ok(Section {
                name: section.name()?.to_owned(),
                address: section.address(),
                data: section.data()?.to_owned(),
                is_code: section.kind() == SectionKind::Text,
            })
        })
        .collect()
}

fn elf_pointers(file: &ElfFile64<'_, Endianness>) -> Result<BTreeMap<u64, u64>> {
    let mut pointers = BTreeMap::new();
    for (place, relocation) in file.dynamic_relocations().into_iter().flatten() {
        if relocation.flags() == (RelocationFlags::Elf { r_type: elf::R_X86_64_RELATIVE }) {
            pointers.insert(place, relocation.addend().cast_unsigned());
        }
    }
    Ok(pointers)
}

fn elf_libraries(file: &ElfFile64<'_, Endianness>) -> Result<Vec<String>> {
    let table = file.elf_dynamic_table()?;
    let needed = table.iter().filter(|entry| entry.tag == elf::DT_NEEDED);
    needed.map(|entry| Ok(String::from_utf8(table.string(entry)?.to_owned())?)).collect()
}

fn macho_pointers(file: &MachOFile64<'_, Endianness>, data: &[u8]) -> Result<BTreeMap<u64, u64>> {
    let mut pointers = BTreeMap::new();
    let segments: Vec<_> = file.segments().collect();
    for command in file.macho_load_commands()? {
        let command = command?;
        // The other way to list addresses. zig's linker doesn't write it, and what isn't understood is not passed over.
        ensure!(command.dyld_chained_fixups()?.is_none(), "linked with chained fixups");
        let Some(info) = command.dyld_info()? else { continue };
        for rebase in info.rebases(file.endian(), data, 8)? {
            let rebase = rebase?;
            ensure!(rebase.kind == macho::REBASE_TYPE_POINTER, "{rebase:?} is no address in data");
            let segment = segments.get(usize::from(rebase.segment_index)).context("no such segment")?;
            let place = segment.address() + rebase.segment_offset;
            let bytes = segment.data_range(place, 8)?.context("a rebase outside of its segment")?;
            pointers.insert(place, u64::from_le_bytes(bytes.try_into()?));
        }
    }
    Ok(pointers)
}

fn macho_libraries(file: &MachOFile64<'_, Endianness>) -> Result<Vec<String>> {
    let mut libraries = Vec::new();
    for command in file.macho_load_commands()? {
        let command = command?;
        if let LoadCommandVariant::Dylib(dylib) = command.variant()? {
            let name = command.string(file.endian(), dylib.dylib.name)?;
            libraries.push(String::from_utf8(name.to_owned())?);
        }
    }
    Ok(libraries)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This machine's linker and its loader agree about where addresses are, or this test would not run.
    #[test]
    fn the_program_of_this_test() {
        let own = Binary::open(&std::env::current_exe().expect("a program")).expect("an ELF file");
        assert_eq!(own.format, BinaryFormat::Elf);
        assert!(own.libraries.iter().any(|name| name == "libc.so.6"), "{:?}", own.libraries);
        let start = own.section(".init_array").expect("functions to call first").address;
        let first = own.pointer_at(start).expect("an address is written there");
        own.code_at(first, 1).expect("it is that of a function");
        own.data_at(first, 1).expect_err("which is not data");
        assert!(own.symbols.contains_key("main"));
        assert!(own.undefined.iter().any(|name| name == "malloc"), "{:?}", own.undefined);
    }

    #[test]
    fn hostile_bytes_are_errors() {
        for bytes in [&b""[..], b"\x7fELF", b"\xcf\xfa\xed\xfe\x0c\0\0\x01", &[0; 64]] {
            assert!(Binary::parse(bytes).is_err());
        }
    }
}
