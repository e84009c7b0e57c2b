//! Writing a DOF.
//!
//! The sections in their order: strings, the mapping of arguments, the offsets of sites and those of is-enabled sites, which
//! all providers share and which are there even if they are empty; then, for each provider, its probes and itself.

use super::check::check;
use super::format::*;
use super::strings::Strings;
use super::{DofProbe, DofProvider, EncodeError, Flavour};

/// The places of the shared sections in the table of sections.
const STRTAB: u32 = 0;
const PRARGS: u32 = 1;
const PROFFS: u32 = 2;
const PRENOFFS: u32 = 3;
const SHARED: usize = 4;

/// Writes a DOF of providers for a system. The same providers have the same bytes, in every process and on every host.
///
/// # Errors
///
/// What a DOF can't hold, and what the system's kernel would refuse or drop.
pub fn encode(providers: &[DofProvider], flavour: Flavour) -> Result<Vec<u8>, EncodeError> {
    check(providers, flavour)?;
    let dof = write(providers, flavour);
    match (dof.len(), flavour.max_size()) {
        (size, max) if size > max => Err(EncodeError::TooLarge { size, max }),
        _ => Ok(dof),
    }
}

fn write(providers: &[DofProvider], flavour: Flavour) -> Vec<u8> {
    let mut shared = Shared::new();
    let mut own = Vec::new();
    for (i, provider) in providers.iter().enumerate() {
        let probes_at = number(SHARED + 2 * i);
        let bytes = shared.provider(provider, probes_at);
        let probes = provider.probes.iter().flat_map(|probe| shared.probe(probe)).collect();
        own.push(Section { ty: DOF_SECT_PROBES, align: 8, entry: number(PROBE), bytes: probes });
        own.push(Section { ty: DOF_SECT_PROVIDER, align: 4, entry: 0, bytes });
    }
    let mut sections = shared.sections();
    sections.append(&mut own);
    file(&sections, flavour)
}

/// A section before its place is known.
#[derive(Debug)]
struct Section {
    ty: u32,
    align: usize,
    /// The size of an entry, 0 where there are none.
    entry: u32,
    bytes: Vec<u8>,
}

/// What all providers put into the shared sections.
#[derive(Debug)]
struct Shared {
    strings: Strings,
    args: Vec<u8>,
    sites: Vec<u8>,
    enabled_sites: Vec<u8>,
}

impl Shared {
    fn new() -> Shared {
        Shared { strings: Strings::new(), args: Vec::new(), sites: Vec::new(), enabled_sites: Vec::new() }
    }

    /// `dof_provider_t`.
    fn provider(&mut self, provider: &DofProvider, probes: u32) -> Vec<u8> {
        let name = number(self.strings.add(&provider.name));
        let attributes = provider.attributes.in_order().map(|stability| stability.encode());
        let fields = [[STRTAB, probes, PRARGS, PROFFS, name].as_slice(), &attributes, &[PRENOFFS]].concat();
        fields.into_iter().flat_map(u32::to_le_bytes).collect()
    }

    /// `dof_probe_t`.
    fn probe(&mut self, probe: &DofProbe) -> [u8; PROBE] {
        let strings = [
            self.strings.add(&probe.function),
            self.strings.add(&probe.name),
            self.strings.add_all(probe.native.iter().map(String::as_str)),
            self.strings.add_all(probe.translated.iter().map(|translated| translated.ty.as_str())),
        ];
        let args = self.args.len();
        self.args.extend(probe.translated.iter().map(|translated| count::<u8>(translated.native)));
        let sites = offsets(&mut self.sites, &probe.sites);
        let enabled_sites = offsets(&mut self.enabled_sites, &probe.enabled_sites);

        let mut bytes = [0; PROBE];
        bytes[..8].copy_from_slice(&probe.address.to_le_bytes());
        let mut put =
            |at: usize, field: usize| bytes[at..at + 4].copy_from_slice(&number(field).to_le_bytes());
        for (i, string) in strings.into_iter().enumerate() {
            put(8 + 4 * i, string);
        }
        put(24, args);
        put(28, sites);
        put(36, enabled_sites);
        bytes[32] = count(probe.native.len());
        bytes[33] = count(probe.translated.len());
        bytes[34..36].copy_from_slice(&count::<u16>(probe.sites.len()).to_le_bytes());
        bytes[40..42].copy_from_slice(&count::<u16>(probe.enabled_sites.len()).to_le_bytes());
        bytes
    }

    fn sections(self) -> Vec<Section> {
        let offset = number(OFFSET);
        let strings = self.strings.into_bytes();
        vec![
            Section { ty: DOF_SECT_STRTAB, align: 1, entry: 0, bytes: strings },
            Section { ty: DOF_SECT_PRARGS, align: 1, entry: 1, bytes: self.args },
            Section { ty: DOF_SECT_PROFFS, align: OFFSET, entry: offset, bytes: self.sites },
            Section { ty: DOF_SECT_PRENOFFS, align: OFFSET, entry: offset, bytes: self.enabled_sites },
        ]
    }
}

/// Appends offsets to a section and gives the index of the first.
fn offsets(section: &mut Vec<u8>, offsets: &[i64]) -> usize {
    let index = section.len() / OFFSET;
    // The four bytes of a number that fits in them, signed or not.
    section.extend(offsets.iter().flat_map(|offset| offset.to_le_bytes().into_iter().take(OFFSET)));
    index
}

/// Header, table of sections, sections.
fn file(sections: &[Section], flavour: Flavour) -> Vec<u8> {
    let mut table = Vec::new();
    let mut contents = vec![0; HEADER + sections.len() * SECTION];
    for section in sections {
        contents.resize(contents.len().next_multiple_of(section.align), 0);
        let fields = [section.ty, number(section.align), DOF_SECF_LOAD, section.entry];
        table.extend(fields.into_iter().flat_map(u32::to_le_bytes));
        table
            .extend([contents.len(), section.bytes.len()].into_iter().flat_map(|n| (n as u64).to_le_bytes()));
        contents.extend(&section.bytes);
    }
    let header = header(sections.len(), contents.len(), flavour);
    contents[..HEADER].copy_from_slice(&header);
    contents[HEADER..][..table.len()].copy_from_slice(&table);
    contents
}

/// `dof_hdr_t`.
fn header(sections: usize, size: usize, flavour: Flavour) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(&DOF_MAG_STRING);
    header[DOF_ID_MODEL] = DOF_MODEL_LP64;
    header[DOF_ID_ENCODING] = DOF_ENCODE_LSB;
    header[DOF_ID_VERSION] = flavour.version() as u8;
    header[DOF_ID_DIFVERS] = DIF_VERSION_2;
    header[DOF_ID_DIFIREG] = DIF_DIR_NREGS;
    header[DOF_ID_DIFTREG] = DIF_DTR_NREGS;
    for (at, field) in [(20, HEADER), (24, SECTION), (28, sections)] {
        header[at..at + 4].copy_from_slice(&number(field).to_le_bytes());
    }
    for (at, field) in [(32, HEADER), (40, size), (48, size)] {
        header[at..at + 8].copy_from_slice(&(field as u64).to_le_bytes());
    }
    header
}

/// A number that is in 32 bits wherever the DOF is of a size that a kernel takes: no other leaves this file.
fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// How many there are, or which: `check` has counted them.
fn count<T: TryFrom<usize, Error: std::fmt::Debug>>(n: usize) -> T {
    T::try_from(n).expect("it is checked before")
}
