//! The file that holds Node's code, and where its symbols are in the memory of the process.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use object::read::elf::{ElfFile64, ProgramHeader};
use object::{Endianness, Object, ObjectSymbol, ReadCache, elf};
use usdt_trace::maps::{Mapping, mappings};

/// What every Node exports, for addons.
const EXPORT: &[u8] = b"node_module_register";

/// A mapped file of a process.
#[derive(Debug)]
pub(super) struct Image {
    /// Under `/proc`, so that it is the file that is mapped, whatever lies at its path now.
    file: PathBuf,
    /// Where its first byte is mapped.
    start: u64,
}

impl Image {
    /// The program, and a `libnode.so` if there is one: some systems ship Node as a library.
    pub(super) fn candidates(pid: u32, program: &Path) -> Result<Vec<Image>> {
        let maps = fs::read(format!("/proc/{pid}/maps"));
        let maps = maps.with_context(|| format!("can't see what process {pid} has mapped"))?;
        let begins_file = |mapping: &Mapping| mapping.is_of_file() && mapping.offset == 0;
        let found = mappings(&maps).filter(begins_file).filter_map(|Mapping { start, path, .. }| {
            let is_library = path.file_name()?.as_encoded_bytes().starts_with(b"libnode.so");
            let file = if path == program {
                format!("/proc/{pid}/exe").into()
            } else if is_library {
                let inside = path.strip_prefix("/").ok()?;
                Path::new("/proc").join(pid.to_string()).join("root").join(inside)
            } else {
                return None;
            };
            Some(Image { file, start })
        });
        Ok(found.collect())
    }

    /// Whether it exports what Node exports.
    pub(super) fn is_node(&self) -> bool {
        let exports = |elf: &Elf<'_>| elf.dynamic_symbols().any(|symbol| symbol.name_bytes() == Ok(EXPORT));
        self.read(|elf| Some(exports(elf))).unwrap_or(false)
    }

    /// Where a static variable is in the memory of the process. Compilers append a number to some names.
    pub(super) fn variable(&self, name: &str) -> Option<u64> {
        self.read(|elf| {
            let is_it = |found: &[u8]| {
                let rest = found.strip_prefix(name.as_bytes());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."))
            };
            let symbol = elf.symbols().find(|symbol| symbol.name_bytes().is_ok_and(is_it))?;
            Some(self.start.wrapping_sub(base(elf)?).wrapping_add(symbol.address()))
        })
    }

    fn read<T>(&self, ask: impl FnOnce(&Elf<'_>) -> Option<T>) -> Option<T> {
        let cache = ReadCache::new(File::open(&self.file).ok()?);
        ask(&ElfFile64::parse(&cache).ok()?)
    }
}

type Elf<'a> = ElfFile64<'a, Endianness, &'a ReadCache<File>>;

/// The address that the file gives its first byte.
fn base(elf: &Elf<'_>) -> Option<u64> {
    let endian = elf.endian();
    let mut segments = elf.elf_program_headers().iter();
    let first = segments.find(|it| it.p_type(endian) == elf::PT_LOAD && it.p_offset(endian) == 0)?;
    Some(first.p_vaddr(endian))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_is_no_node() {
        let program = std::env::current_exe().unwrap();
        let images = Image::candidates(std::process::id(), &program).unwrap();
        // One: only its first mapping begins the file.
        assert!(images.len() == 1 && !images[0].is_node());
        assert_eq!(images[0].variable("uv__signal_tree"), None);
    }
}
