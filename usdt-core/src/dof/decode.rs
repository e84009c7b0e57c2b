//! Reading a DOF back: what kernels check is checked here, and what they trust too.

use super::format::*;
use super::reader::Bytes;
use super::sections::{Section, Sections};
use super::{Attributes, Dof, DofError, DofProbe, DofProvider, Stability, Translated, Version};

/// How many bytes of memory the contents of a DOF may need. Strings and offsets may be named by many probes, so a small DOF
/// can describe more than any machine can hold.
const MAX_MEMORY: usize = 64 << 20;

/// Reads the one DOF that is in `bytes`. Relocations that are in it are not applied.
///
/// # Errors
///
/// Anything in it is not as it must be, or is beyond the end of what it is in; also where a kernel would not look. What a
/// kernel accepts and then drops (two sites at one place, two providers of one name) is no error here.
pub fn decode(bytes: &[u8]) -> Result<Dof, DofError> {
    decode_sections(&Sections::read(bytes)?)
}

/// Reads the providers of a DOF whose sections have been checked.
pub(super) fn decode_sections(sections: &Sections<'_>) -> Result<Dof, DofError> {
    let mut memory = Memory(MAX_MEMORY);
    let provider = |section: &Section<'_>| read_provider(sections, section.contents, &mut memory);
    let of_providers = |section: &&Section<'_>| section.ty == DOF_SECT_PROVIDER;
    let providers = sections.list.iter().filter(of_providers).map(provider).collect::<Result<_, _>>()?;
    Ok(Dof { version: sections.version, providers })
}

/// What may still be used.
#[derive(Debug)]
struct Memory(usize);

impl Memory {
    /// Takes some for `count` things of a size in bytes that are described at the start of `by`.
    fn take(&mut self, count: usize, size: usize, by: Bytes<'_>) -> Result<(), DofError> {
        let left = count.checked_mul(size).and_then(|needed| self.0.checked_sub(needed));
        self.0 = left.ok_or_else(|| by.error(0, "it describes more than 64 MiB"))?;
        Ok(())
    }
}

/// The sections that a provider names.
#[derive(Debug)]
struct Tables<'data> {
    version: Version,
    strings: Bytes<'data>,
    args: Bytes<'data>,
    sites: Bytes<'data>,
    enabled_sites: Option<Bytes<'data>>,
}

fn read_provider(
    sections: &Sections<'_>,
    bytes: Bytes<'_>,
    memory: &mut Memory,
) -> Result<DofProvider, DofError> {
    let version = sections.version;
    let size = if version == Version::One { PROVIDER_1 } else { PROVIDER };
    let bytes = bytes.part(0, size).map_err(|_| bytes.error(0, "a provider's section is too small"))?;
    let section = |at, ty, problem| {
        let index = bytes.index(at)?;
        sections.get(index, ty).ok_or_else(|| bytes.error(at, problem))
    };
    let probes = section(4, DOF_SECT_PROBES, "this is not the section of a provider's probes")?;
    let enabled_sites = match version {
        Version::One => None,
        _ if bytes.u32(40)? == DOF_SECT_NONE => None,
        _ => Some(section(40, DOF_SECT_PRENOFFS, "this is not a section of is-enabled sites")?.contents),
    };
    let tables = Tables {
        version,
        strings: section(0, DOF_SECT_STRTAB, "this is not a table of strings")?.contents,
        args: section(8, DOF_SECT_PRARGS, "this is not a section of arguments")?.contents,
        sites: section(12, DOF_SECT_PROFFS, "this is not a section of sites")?.contents,
        enabled_sites,
    };
    if probes.contents.len() == 0 {
        return Err(bytes.error(4, "a provider without probes"));
    }
    let stability = |i: usize| bytes.u32(20 + 4 * i).map(Stability::decode);
    let attributes = [stability(0)?, stability(1)?, stability(2)?, stability(3)?, stability(4)?];
    memory.take(1, size_of::<DofProvider>() + MAX_PROVIDER, bytes)?;
    let probe = |i| {
        let probe = probes.contents.part(i * probes.entry, probes.entry)?;
        tables.read_probe(probe, memory)
    };
    Ok(DofProvider {
        name: tables.read_text(bytes, 16, MAX_PROVIDER)?,
        attributes: Attributes::from_order(attributes),
        probes: (0..probes.contents.len() / probes.entry).map(probe).collect::<Result<_, _>>()?,
    })
}

impl Tables<'_> {
    fn read_probe(&self, bytes: Bytes<'_>, memory: &mut Memory) -> Result<DofProbe, DofError> {
        memory.take(1, size_of::<DofProbe>() + MAX_FUNCTION_OF_ANY + MAX_PROBE, bytes)?;
        let function = self.read_text(bytes, 8, MAX_FUNCTION_OF_ANY)?;
        let name = self.read_text(bytes, 12, MAX_PROBE)?;
        let native = self.read_types(bytes, 16, bytes.u8(32)?, memory)?;
        let translated = self.read_translated(bytes, native.len(), memory)?;
        let sites = self.read_offsets(self.sites, bytes, 28, 34, memory)?;
        let enabled_sites = match self.enabled_sites {
            Some(section) => self.read_offsets(section, bytes, 36, 40, memory)?,
            None if self.version > Version::One && (bytes.u32(36)?, bytes.u16(40)?) != (0, 0) => {
                return Err(bytes.error(36, "is-enabled sites without a section"));
            }
            None => Vec::new(),
        };
        if sites.is_empty() && enabled_sites.is_empty() {
            return Err(bytes.error(34, "a probe without sites"));
        }
        Ok(DofProbe { name, function, address: bytes.u64(0)?, sites, enabled_sites, native, translated })
    }

    /// The text that a field of a structure names.
    fn read_text(&self, by: Bytes<'_>, field: usize, max: usize) -> Result<String, DofError> {
        let text = self.strings.text(by.index(field)?, max);
        text.map(str::to_owned).map_err(|problem| by.error(field, problem))
    }

    /// Types that follow one another in the table of strings; a field of the probe names the first.
    fn read_types(
        &self,
        probe: Bytes<'_>,
        field: usize,
        count: u8,
        memory: &mut Memory,
    ) -> Result<Vec<String>, DofError> {
        let mut at = probe.index(field)?;
        let mut types = Vec::new();
        for _ in 0..count {
            let ty = self.strings.text(at, MAX_TYPE).map_err(|problem| probe.error(field, problem))?;
            memory.take(1, size_of::<Translated>() + ty.len(), probe)?;
            types.push(ty.to_owned());
            at += ty.len() + 1;
        }
        Ok(types)
    }

    fn read_translated(
        &self,
        bytes: Bytes<'_>,
        natives: usize,
        memory: &mut Memory,
    ) -> Result<Vec<Translated>, DofError> {
        let count = bytes.u8(33)?;
        let args = self.args.part(bytes.index(24)?, count.into());
        let args = args.map_err(|_| bytes.error(24, "arguments beyond the end of their section"))?;
        let types = self.read_types(bytes, 20, count, memory)?;
        let mut translated = Vec::new();
        for (i, (ty, &native)) in types.into_iter().zip(args.data()).enumerate() {
            let native = usize::from(native);
            if native >= natives {
                return Err(args.error(i, "an argument that is made of none that is there"));
            }
            translated.push(Translated { ty, native });
        }
        Ok(translated)
    }

    /// Offsets, of which the probe has the index of the first and the number at these places.
    fn read_offsets(
        &self,
        section: Bytes<'_>,
        probe: Bytes<'_>,
        first: usize,
        count: usize,
        memory: &mut Memory,
    ) -> Result<Vec<i64>, DofError> {
        let (index, count) = (probe.index(first)?, usize::from(probe.u16(count)?));
        let offsets = index.checked_mul(OFFSET).and_then(|at| section.part(at, count * OFFSET).ok());
        let offsets = offsets.ok_or_else(|| probe.error(first, "sites beyond the end of their section"))?;
        memory.take(count, size_of::<i64>(), probe)?;
        let (chunks, _) = offsets.data().as_chunks();
        Ok(chunks.iter().map(|&bytes| self.version.offset(bytes)).collect())
    }
}
