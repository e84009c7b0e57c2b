//! The table of probes: an id in a slot → a probe.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use usdt_core::model::{Architecture, ArgType};

use super::header::Header;
use super::memory::{Memory, read_up_to, u32_at};
use crate::{Arg, Kind, Object, Probe};

/// The most of a table that is read.
const LARGEST_TABLE: u64 = 64 << 20;
/// The most arguments of a probe: twice as many as any can be defined with. Each firing has a value for each.
const MOST_ARGUMENTS: usize = 64;
/// Where the names of an entry begin.
const NAMES: usize = 8;

/// The probes that were asked for, and the bytes of all of them.
#[derive(Debug)]
pub(super) struct Probes {
    table: Vec<u8>,
    known: HashMap<u32, Option<Arc<Probe>>>,
    /// How many bytes of entries may still be read: entries that overlap could be read for ever.
    budget: usize,
    object: Arc<Object>,
    unnamed: Arc<Probe>,
}

impl Probes {
    pub(super) fn read(memory: &impl Memory, header: &Header) -> Probes {
        let table = read_up_to(memory, header.probes, header.probes_size.min(LARGEST_TABLE));
        let object = Arc::new(Object {
            path: PathBuf::new(),
            open: PathBuf::new(),
            identity: (0, 0),
            architecture: Architecture::HOST.unwrap_or(Architecture::X86_64),
            build_id: Vec::new(),
        });
        let unnamed = Arc::new(probe(&object, "?".to_owned(), "?".to_owned(), Vec::new()));
        Probes { budget: table.len(), table, known: HashMap::new(), object, unnamed }
    }

    /// Whether the table is shorter than it says.
    pub(super) fn is_cut(&self, header: &Header) -> bool {
        (self.table.len() as u64) < header.probes_size
    }

    /// The probe with an id; `?:?` where the program had no room for it, `None` if there can't be one.
    pub(super) fn get(&mut self, id: u32) -> Option<Arc<Probe>> {
        let Some(word) = id.checked_sub(1) else { return Some(Arc::clone(&self.unnamed)) };
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        let entry =
            usize::try_from(word).ok().and_then(|word| self.entry(word.checked_mul(8)?)).map(Arc::new);
        self.known.insert(id, entry.clone());
        entry
    }

    fn entry(&mut self, offset: usize) -> Option<Probe> {
        let size = usize::try_from(u32_at(&self.table, offset)?).ok()?;
        self.budget = self.budget.checked_sub(size)?;
        let entry = self.table.get(offset..)?.get(..size)?;
        let count = usize::try_from(u32_at(entry, 4)?).ok()?;
        let mut names = Names { rest: entry.get(NAMES..)? };
        let (provider, name) = (names.text()?, names.text()?);
        if count > MOST_ARGUMENTS {
            return None;
        }
        let args = (0..count).map(|_| names.arg()).collect::<Option<_>>()?;
        Some(probe(&self.object, provider, name, args))
    }
}

/// What is left of an entry.
struct Names<'a> {
    rest: &'a [u8],
}

impl Names<'_> {
    fn text(&mut self) -> Option<String> {
        let end = self.rest.iter().position(|&byte| byte == 0)?;
        let text = String::from_utf8_lossy(&self.rest[..end]).into_owned();
        self.rest = &self.rest[end + 1..];
        Some(text)
    }

    fn arg(&mut self) -> Option<Arg> {
        let (&code, rest) = self.rest.split_first()?;
        self.rest = rest;
        let ty = ArgType::from_code(code)?;
        Some(Arg { name: self.text()?, kind: Kind::Described(ty), spelling: ty.spelling().to_owned() })
    }
}

fn probe(object: &Arc<Object>, provider: String, name: String, args: Vec<Arg>) -> Probe {
    Probe { object: Arc::clone(object), provider, name, doc: String::new(), args, sites: Vec::new() }
}
