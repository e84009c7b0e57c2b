//! The container: header and table of sections.

use std::fmt;

use super::format::*;
use super::reader::Bytes;
use super::{DofError, Version};

/// A row of the table of sections, whose contents are known to be in the DOF.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section<'data> {
    pub(super) ty: u32,
    pub(super) align: u32,
    pub(super) flags: u32,
    /// The size of an entry in bytes, 0 where there are none.
    pub(super) entry: usize,
    /// Where it is, in bytes from the start of the DOF.
    pub(super) offset: usize,
    pub(super) contents: Bytes<'data>,
}

/// A DOF whose header and sections have been checked. Its `Display` is the table.
#[derive(Clone, Debug)]
pub(super) struct Sections<'data> {
    pub(super) version: Version,
    pub(super) list: Vec<Section<'data>>,
}

/// How many bytes the DOF has that begins here, for those that follow one another in a file.
///
/// # Errors
///
/// It doesn't begin with a DOF's header, or isn't there to its end.
pub fn length(bytes: &[u8]) -> Result<usize, DofError> {
    let bytes = Bytes::new(bytes);
    if bytes.len() < HEADER {
        return Err(bytes.error(bytes.len(), "it ends within the header"));
    }
    ident(bytes)?;
    let size = bytes.size(48)?;
    if size < HEADER {
        return Err(bytes.error(48, "the DOF is smaller than its header"));
    }
    if size > bytes.len() {
        return Err(bytes.error(48, "the DOF is larger than what is there"));
    }
    Ok(size)
}

impl<'data> Sections<'data> {
    /// Reads the header and the table of the one DOF that is here.
    pub(super) fn read(bytes: &'data [u8]) -> Result<Sections<'data>, DofError> {
        let size = length(bytes)?;
        let bytes = Bytes::new(bytes);
        if bytes.len() > size {
            return Err(bytes.error(size, "there is more behind the DOF"));
        }
        let version = ident(bytes)?;
        let loaded = header(bytes)?;
        let (count, table) = (bytes.index(28)?, bytes.size(32)?);
        if !table.is_multiple_of(8) {
            return Err(bytes.error(32, "a table of sections that is not aligned"));
        }
        let rows = count.checked_mul(SECTION).and_then(|rows| loaded.part(table, rows).ok());
        let table = rows.ok_or_else(|| bytes.error(32, "a table of sections beyond the end"))?;
        let row = |i| Section::read(table.part(i * SECTION, SECTION)?, loaded, bytes);
        Ok(Sections { version, list: (0..count).map(row).collect::<Result<_, _>>()? })
    }

    /// The section that the index stands for, which must be of this type and loaded.
    pub(super) fn get(&self, index: usize, ty: u32) -> Option<&Section<'data>> {
        self.list.get(index).filter(|section| section.ty == ty && section.is_loaded())
    }
}

/// Checks the identification and gives the version.
fn ident(bytes: Bytes<'_>) -> Result<Version, DofError> {
    let ident: [u8; DOF_ID_SIZE] = bytes.array(0)?;
    if ident[..4] != DOF_MAG_STRING {
        return Err(bytes.error(0, "this is not a DOF"));
    }
    let most = [(DOF_ID_DIFIREG, DIF_DIR_NREGS), (DOF_ID_DIFTREG, DIF_DTR_NREGS)];
    let problem = if ![DOF_MODEL_ILP32, DOF_MODEL_LP64].contains(&ident[DOF_ID_MODEL]) {
        (DOF_ID_MODEL, "it is for programs of neither 32 nor 64 bits")
    } else if ident[DOF_ID_ENCODING] != DOF_ENCODE_LSB {
        (DOF_ID_ENCODING, "its numbers are not little-endian")
    } else if ident[DOF_ID_DIFVERS] != DIF_VERSION_2 {
        (DOF_ID_DIFVERS, "it is for another version of D's virtual machine")
    } else if let Some(&(at, _)) = most.iter().find(|&&(at, most)| ident[at] > most) {
        (at, "it needs more registers than D's virtual machine has")
    } else if let Some(at) = (DOF_ID_PAD..DOF_ID_SIZE).find(|&at| ident[at] != 0) {
        (at, "a byte of the identification that must be 0 is not")
    } else {
        let version = Version::from_number(ident[DOF_ID_VERSION]);
        return version.ok_or_else(|| bytes.error(DOF_ID_VERSION, "a version that is not known"));
    };
    Err(bytes.error(problem.0, problem.1))
}

/// Checks the rest of the header and gives the part of the DOF that kernels read.
fn header(bytes: Bytes<'_>) -> Result<Bytes<'_>, DofError> {
    if bytes.u32(16)? != 0 {
        return Err(bytes.error(16, "flags that are not known"));
    }
    if bytes.index(20)? != HEADER {
        return Err(bytes.error(20, "a header of another size"));
    }
    if bytes.index(24)? != SECTION {
        return Err(bytes.error(24, "a table of sections with rows of another size"));
    }
    let loaded = bytes.size(40)?;
    if loaded < HEADER {
        return Err(bytes.error(40, "less than the header is loaded"));
    }
    bytes.part(0, loaded).map_err(|_| bytes.error(40, "more is loaded than there is"))
}

impl<'data> Section<'data> {
    fn read(row: Bytes<'_>, loaded: Bytes<'data>, all: Bytes<'data>) -> Result<Self, DofError> {
        let (ty, align, flags) = (row.u32(0)?, row.u32(4)?, row.u32(8)?);
        let (entry, offset, size) = (row.index(12)?, row.size(16)?, row.size(24)?);
        let within = if flags & DOF_SECF_LOAD == 0 { all } else { loaded };
        let contents = within.part(offset, size).map_err(|_| row.error(16, "a section beyond the end"))?;
        let section = Section { ty, align, flags, entry, offset, contents };
        match section.problem() {
            Some((at, problem)) => Err(row.error(at, problem)),
            None => Ok(section),
        }
    }

    /// What is wrong, and where in the row.
    fn problem(&self) -> Option<(usize, &'static str)> {
        if self.ty == DOF_SECT_NONE && !self.is_loaded() {
            return None;
        }
        if !self.align.is_power_of_two() {
            return Some((4, "a section's alignment is not a power of two"));
        }
        if !(self.offset as u64).is_multiple_of(self.align.into()) {
            return Some((16, "a section is not where its alignment allows"));
        }
        if !SECTIONS_OF_PROVIDERS.contains(&self.ty) {
            return None;
        }
        if !self.is_loaded() {
            return Some((8, "a section of a provider that is not loaded"));
        }
        self.problem_of_provider()
    }

    /// The same for the sections that are read here.
    fn problem_of_provider(&self) -> Option<(usize, &'static str)> {
        let entry = match self.ty {
            DOF_SECT_PRARGS => self.entry == 1,
            DOF_SECT_PROFFS | DOF_SECT_PRENOFFS => self.entry == OFFSET && self.align.is_multiple_of(4),
            DOF_SECT_PROBES => {
                self.entry >= PROBE && self.entry.is_multiple_of(8) && self.align.is_multiple_of(8)
            }
            DOF_SECT_PROVIDER => self.align.is_multiple_of(4),
            _ => true,
        };
        if !entry {
            return Some((4, "a section's entries have another size or alignment"));
        }
        if self.entry != 0 && !self.contents.len().is_multiple_of(self.entry) {
            return Some((24, "a section ends within an entry"));
        }
        let open = self.ty == DOF_SECT_STRTAB && self.contents.data().last() != Some(&0);
        open.then_some((24, "a table of strings without an end"))
    }

    pub(super) fn is_loaded(&self) -> bool {
        self.flags & DOF_SECF_LOAD != 0
    }
}

impl fmt::Display for Sections<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>7}  {:<10} {:<6} {:>5} {:>5} {:>8} {:>8}",
            "section", "type", "loaded", "align", "entry", "offset", "size"
        )?;
        for (i, section) in self.list.iter().enumerate() {
            let known = usize::try_from(section.ty).ok().and_then(|ty| SECTION_NAMES.get(ty));
            let name = known.map_or_else(|| section.ty.to_string(), |&name| name.to_owned());
            let loaded = if section.is_loaded() { "yes" } else { "no" };
            let (align, entry, size) = (section.align, section.entry, section.contents.len());
            writeln!(
                f,
                "{i:>7}  {name:<10} {loaded:<6} {align:>5} {entry:>5} {:>#8x} {size:>8}",
                section.offset
            )?;
        }
        Ok(())
    }
}
