//! The symbols of operands, as in `counter+8(%rip)`: where are they?

use std::collections::HashMap;

use object::elf::{SHT_DYNSYM, SHT_SYMTAB, STB_LOCAL, STT_TLS, SectionHeader64, Sym64};
use object::read::ReadRef;
use object::read::elf::{SectionHeader, Sym};
use object::{LittleEndian, pod};
use usdt_core::stapsdt::operand::{Base, Operand, OperandError, Place, words};

use crate::elf::{ENDIAN, Elf};
use crate::probe::Probe;

/// The most bytes of a table that are read.
const MOST: u64 = 256 << 20;

/// What the tables of a file say of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    No,
    /// Names that are local to an object file may be there more than once, and then nobody knows which is meant.
    Local(u64),
    Several,
    Global(u64),
    ThreadLocal,
}

/// Puts addresses in the place of symbols.
pub(super) fn resolve<'data, R: ReadRef<'data>>(elf: &Elf<'data, R>, probes: &mut [Probe]) {
    let operands = || probes.iter().flat_map(|probe| &probe.sites).flat_map(|site| &site.operands).flatten();
    let names = operands().filter_map(symbol);
    let mut symbols: HashMap<String, Found> = names.map(|name| (name.to_owned(), Found::No)).collect();
    if symbols.is_empty() {
        return;
    }
    // Nearly all that the second says is in the first, which is often stripped.
    for ty in [SHT_SYMTAB, SHT_DYNSYM] {
        if let Some(table) = elf.sections().iter().find(|section| section.sh_type(ENDIAN) == ty) {
            look_up(elf, table, &mut symbols);
        }
    }
    for site in probes.iter_mut().flat_map(|probe| &mut probe.sites) {
        for (operand, word) in site.operands.iter_mut().zip(words(&site.text)) {
            put_address(operand, word, &symbols);
        }
    }
}

fn symbol(operand: &Operand) -> Option<&str> {
    match &operand.place {
        Place::Memory(address) => match &address.base {
            Base::Symbol(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// Says of each symbol what a table has of it. A table that can't be read has nothing.
fn look_up<'data, R: ReadRef<'data>>(
    elf: &Elf<'data, R>,
    table: &SectionHeader64<LittleEndian>,
    symbols: &mut HashMap<String, Found>,
) {
    let strings = elf.linked(table).and_then(|strings| elf.contents(strings, MOST).ok()).unwrap_or_default();
    let entries = elf.contents(table, MOST).unwrap_or_default();
    let Ok(entries) = pod::slice_from_all_bytes::<Sym64<LittleEndian>>(entries) else { return };
    for entry in entries.iter().filter(|entry| !entry.is_undefined(ENDIAN)) {
        let name = usize::try_from(entry.st_name(ENDIAN)).ok().and_then(|start| strings.get(start..));
        let name = name.and_then(|rest| rest.split(|&byte| byte == 0).next());
        let Some(found) = name.and_then(|name| symbols.get_mut(std::str::from_utf8(name).ok()?)) else {
            continue;
        };
        *found = also(*found, entry);
    }
}

/// What is known of a symbol after one more entry of its name.
fn also(found: Found, entry: &Sym64<LittleEndian>) -> Found {
    let address = entry.st_value(ENDIAN);
    match found {
        _ if entry.st_type() == STT_TLS => Found::ThreadLocal,
        Found::ThreadLocal | Found::Global(_) => found,
        _ if entry.st_bind() != STB_LOCAL => Found::Global(address),
        Found::No => Found::Local(address),
        Found::Local(other) if other == address => found,
        Found::Local(_) | Found::Several => Found::Several,
    }
}

fn put_address(operand: &mut Result<Operand, OperandError>, word: &str, symbols: &HashMap<String, Found>) {
    let Ok(Operand { place: Place::Memory(address), .. }) = operand else { return };
    let Base::Symbol(name) = &address.base else { return };
    let problem = match symbols.get(name).copied().unwrap_or(Found::No) {
        Found::Local(symbol) | Found::Global(symbol) => {
            address.base = Base::Program;
            address.displacement = address.displacement.wrapping_add(symbol.cast_signed());
            return;
        }
        Found::No => "a symbol that the file has no address of",
        Found::Several => "a symbol that the file has several of",
        Found::ThreadLocal => "thread-local",
    };
    *operand = Err(OperandError { operand: word.to_owned(), problem });
}
