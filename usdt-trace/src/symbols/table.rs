//! The symbol tables of files that are mapped: addresses → functions.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::SystemTime;

use object::LittleEndian;
use object::elf::{SHT_DYNSYM, SHT_SYMTAB, STT_FUNC, STT_GNU_IFUNC, STT_NOTYPE, SectionHeader64, Sym64};
use object::pod;
use object::read::elf::{SectionHeader, Sym};
use object::read::{ReadCache, ReadRef};

use crate::elf::segment::{bias, code_offset};
use crate::elf::{ENDIAN, Elf, Segment};
use crate::find::openable;
use crate::maps::Mapping;

/// The most bytes of a table that are read.
const MOST: u64 = 256 << 20;
/// So many symbols before an address are asked whether it is theirs: a few may stand within another.
const NEIGHBOURS: usize = 16;

/// The tables of files, each of which is read once.
#[derive(Debug, Default)]
pub(super) struct Tables(HashMap<Version, Option<Table>>);

/// A file as it was at a moment.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Version {
    identity: (u64, u64),
    modified: Option<SystemTime>,
    len: u64,
}

/// An address in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// As the file was linked.
    pub(super) address: u64,
    /// The symbol as it is written there, and how far the address is from its begin.
    pub(super) symbol: Option<(String, u64)>,
}

impl Tables {
    /// What a mapped file has at an address of the process.
    pub(super) fn find(&mut self, pid: u32, mapping: &Mapping, place: u64) -> Option<Found> {
        if !mapping.is_of_file() {
            return None;
        }
        let path = openable(Path::new(&format!("/proc/{pid}")), mapping);
        let table = self.table(&path)?;
        let len = mapping.end.saturating_sub(mapping.start);
        let moved = bias(&table.segments, mapping.start, mapping.offset, len)?;
        let address = place.wrapping_sub(moved);
        Some(Found { address, symbol: table.find(address) })
    }

    /// What a file has at an address, if it has code there.
    pub(super) fn within(&mut self, path: &Path, address: u64) -> Option<Found> {
        let table = self.table(path)?;
        code_offset(&table.segments, address)?;
        Some(Found { address, symbol: table.find(address) })
    }

    fn table(&mut self, path: &Path) -> Option<&Table> {
        self.0.entry(Version::of(path)?).or_insert_with(|| Table::read(path)).as_ref()
    }
}

impl Version {
    fn of(path: &Path) -> Option<Version> {
        use std::os::unix::fs::MetadataExt;
        let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let identity = (metadata.dev(), metadata.ino());
        Some(Version { identity, modified: metadata.modified().ok(), len: metadata.len() })
    }
}

/// What a file says of its functions.
#[derive(Debug)]
struct Table {
    segments: Vec<Segment>,
    /// In the order of the addresses.
    symbols: Vec<Symbol>,
    /// The names, of the full table and of the one for linking.
    names: [Vec<u8>; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Symbol {
    address: u64,
    /// 0 if the file doesn't say: code in assembler.
    size: u64,
    /// Where the name begins, in which of the two.
    name: (u8, u32),
}

impl Table {
    fn read(path: &Path) -> Option<Table> {
        let cache = ReadCache::new(File::open(path).ok()?);
        let elf = Elf::read(&cache).ok()?;
        let mut symbols = Vec::new();
        let names = [(0, SHT_SYMTAB), (1, SHT_DYNSYM)].map(|(which, ty)| {
            let table = elf.sections().iter().find(|section| section.sh_type(ENDIAN) == ty);
            table.map(|table| add(&elf, table, which, &mut symbols)).unwrap_or_default()
        });
        // Of those at one address, the first of the largest.
        symbols.sort_unstable_by_key(|symbol: &Symbol| (symbol.address, u64::MAX - symbol.size, symbol.name));
        symbols.dedup_by_key(|symbol| symbol.address);
        Some(Table { segments: elf.segments, symbols, names })
    }

    fn find(&self, address: u64) -> Option<(String, u64)> {
        let next = self.symbols.partition_point(|symbol| symbol.address <= address);
        let near = &self.symbols[next.saturating_sub(NEIGHBOURS)..next];
        let has = |symbol: &&Symbol| address - symbol.address < symbol.size;
        let open = near.last().filter(|last| last.size == 0);
        let symbol = near.iter().rev().find(has).or(open)?;
        let (which, start) = symbol.name;
        let rest = self.names[usize::from(which)].get(usize::try_from(start).ok()?..)?;
        let name = rest.split(|&byte| byte == 0).next().filter(|name| !name.is_empty())?;
        Some((String::from_utf8_lossy(name).into_owned(), address - symbol.address))
    }
}

/// Adds the functions of a table; gives their names. A table that can't be read has none.
fn add<'data, R: ReadRef<'data>>(
    elf: &Elf<'data, R>,
    table: &SectionHeader64<LittleEndian>,
    which: u8,
    symbols: &mut Vec<Symbol>,
) -> Vec<u8> {
    let names = elf.linked(table).and_then(|names| elf.contents(names, MOST).ok()).unwrap_or_default();
    let entries = elf.contents(table, MOST).unwrap_or_default();
    let entries = pod::slice_from_all_bytes::<Sym64<LittleEndian>>(entries).unwrap_or_default();
    let is_code = |entry: &&Sym64<LittleEndian>| {
        matches!(entry.st_type(), STT_FUNC | STT_GNU_IFUNC | STT_NOTYPE) && !entry.is_undefined(ENDIAN)
    };
    // What an assembler calls `$x` says that code begins there, on aarch64.
    let is_mark = |name: u32| names.get(name as usize).is_none_or(|&first| first == b'$' || first == 0);
    let functions = entries.iter().filter(is_code).filter(|entry| !is_mark(entry.st_name(ENDIAN)));
    symbols.extend(functions.map(|entry| Symbol {
        address: entry.st_value(ENDIAN),
        size: entry.st_size(ENDIAN),
        name: (which, entry.st_name(ENDIAN)),
    }));
    names.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(symbols: &[(u64, u64)]) -> Table {
        let symbols = symbols.iter().zip([0, 2, 4]);
        let symbols = symbols.map(|(&(address, size), name)| Symbol { address, size, name: (0, name) });
        Table { segments: Vec::new(), symbols: symbols.collect(), names: [b"a\0b\0c\0".to_vec(), Vec::new()] }
    }

    #[test]
    fn an_address_is_of_the_function_around_it() {
        let table = table(&[(0x10, 0x20), (0x18, 4), (0x40, 0)]);
        let found = |address| table.find(address);
        assert_eq!(found(0xf), None);
        assert_eq!(found(0x12), Some(("a".to_owned(), 2)));
        assert_eq!(found(0x19), Some(("b".to_owned(), 1)));
        assert_eq!(found(0x20), Some(("a".to_owned(), 0x10)));
        assert_eq!(found(0x30), None);
        assert_eq!(found(0x48), Some(("c".to_owned(), 8)));
    }

    #[test]
    fn names_that_are_not_there() {
        let symbols = vec![Symbol { address: 1, size: 8, name: (1, u32::MAX) }];
        let table = Table { segments: Vec::new(), symbols, names: [Vec::new(), Vec::new()] };
        assert_eq!(table.find(2), None);
    }
}
