//! The image of a provider that is defined while a program runs: an ELF file that holds its probes.
//!
//! Tracers find probes in files. A program that defines a provider while it runs writes the provider's image to a file,
//! maps the file, and fires a probe by calling a function in the mapping, the probe's *stub*. Any program that defines
//! the same provider has the same image. This module only makes the bytes.
//!
//! | address and offset | section | |
//! |---|---|---|
//! | 0 | | headers |
//! | 0x200 | `.stapsdt.base` | gdb lists nothing without |
//! | 0x240 | `.note.gnu.build-id` | the id; perf lists nothing without |
//! | 0x1000 | `.text` | the stubs |
//! | the next page | `.probes` | the semaphores, a `u16` each, and the word of the users; mapped writable, not executable |
//! | | `.note.stapsdt`, `.note.usdt-probes` | the [notes](super); behind `.probes`, or bcc finds nothing |
//! | | `.symtab`, `.strtab` | the names of the stubs: `provider:probe` |
//! | | `.shstrtab` | |
//!
//! The sections from `.note.stapsdt` on are in no segment. The file is of the type `ET_DYN`: DTrace rejects `ET_EXEC`.
//!
//! # The stub
//!
//! It is to be called as a C function with [`MAX_OPERANDS`](crate::model::MAX_OPERANDS) arguments of the type `u64`, however many its probe has, and
//! does nothing. The note names the registers and the places on the stack where these arguments are, so a tracer reads them
//! at the nop. A narrow value is extended to 64 bits.

mod aarch64;
mod architecture;
mod elf;
mod identity;
mod layout;
#[cfg(test)]
mod tests;
mod x86_64;

use std::ops::Range;

use object::elf::*;

use self::architecture::STUB;
use self::elf::{File, Section, Segment};
pub use self::layout::Place;
use self::layout::{BASE, BUILD_ID, Layout, TEXT};
use super::{Described, Note, StapsdtProbe, TypeName};
pub use crate::model::Architecture;
use crate::model::name::probe_to_note;
use crate::model::{ArgType, Argument, Probe, Provider, described, first_paragraph};

/// An image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The file.
    pub bytes: Vec<u8>,
    /// A number for the definition and the architecture, which is also the file's build-id. The same for the same, in every
    /// process; another one if anything differs, be it a doc.
    pub id: [u8; 16],
    /// The pages to map readable and executable, in bytes from the start of the file.
    pub code: Range<usize>,
    /// The pages to map readable, writable and private, right behind the code. Mapped as that, not made writable later: the
    /// kernel looks for semaphores when they are mapped. The file may end within the last page.
    pub data: Range<usize>,
    /// A `u32` in the data, 0 at first, for whoever maps the image: no tracer reads it.
    pub users: Place,
    /// Where the probes are, in the order of the definition.
    pub sites: Vec<Site>,
}

/// Where a probe is in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// The function to call.
    pub stub: Place,
    /// The `u16` that tracers raise while they are attached.
    pub semaphore: Place,
    /// How many arguments tracers can read, counted from the first: as many as fit [`MAX_OPERANDS`](crate::model::MAX_OPERANDS) operands.
    pub described: usize,
}

impl Image {
    /// Builds the image of a provider. The names are those of the definition, checked by [`name`](crate::model::name).
    pub fn build(definition: &Provider<ArgType>, architecture: Architecture) -> Image {
        let layout = Layout::new(architecture, definition.probes.len());
        let sites: Vec<Site> = definition
            .probes
            .iter()
            .enumerate()
            .map(|(i, probe)| Site {
                stub: layout.stub(i),
                semaphore: layout.semaphore(i),
                described: described(&probe.args),
            })
            .collect();
        let mut bytes = file(definition, architecture, layout, &sites);
        let id = identity::of(definition, &bytes);
        let note = build_id(id);
        bytes[BUILD_ID.offset()..][..note.len()].copy_from_slice(&note);
        Image { bytes, id, code: layout.code(), data: layout.data(), users: layout.users(), sites }
    }
}

/// The whole file, with an id of zeroes.
fn file(
    definition: &Provider<ArgType>,
    architecture: Architecture,
    layout: Layout,
    sites: &[Site],
) -> Vec<u8> {
    let build_id = build_id([0; 16]);
    let code = stubs(architecture, sites.len());
    let semaphores = vec![0; layout.data_end().offset() - layout.data().start];
    let (stapsdt, describing) = notes(definition, architecture, sites);
    let functions: Vec<_> = functions(definition, sites).collect();

    let (none, data, page) = (SectionFlags(0), Place::new(layout.data().start), architecture.page());
    let section =
        |name, place, ty, flags, align, contents| Section { name, place, ty, flags, align, contents };
    let segment = |ty, flags, start, end, align| Segment { ty, flags, start, end, align };
    let build_id_end = Place::new(BUILD_ID.offset() + build_id.len());
    let file = File {
        architecture,
        segments: &[
            segment(PT_LOAD, PF_R | PF_X, Place::new(0), layout.text_end(), page),
            segment(PT_LOAD, PF_R | PF_W, data, layout.data_end(), page),
            segment(PT_NOTE, PF_R, BUILD_ID, build_id_end, 4),
        ],
        sections: &[
            section(".stapsdt.base", Some(BASE), SHT_PROGBITS, SHF_ALLOC, 1, &[0]),
            section(".note.gnu.build-id", Some(BUILD_ID), SHT_NOTE, SHF_ALLOC, 4, &build_id),
            section(".text", Some(TEXT), SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 16, &code),
            section(".probes", Some(data), SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 4, &semaphores),
            section(".note.stapsdt", None, SHT_NOTE, none, 4, &stapsdt),
            section(".note.usdt-probes", None, SHT_NOTE, none, 4, &describing),
        ],
        functions: &functions,
        function_size: architecture.code().bytes.len(),
    };
    file.bytes()
}

/// The note that holds the id.
fn build_id(id: [u8; 16]) -> Vec<u8> {
    let mut note = Vec::new();
    Note { owner: "GNU", ty: NT_GNU_BUILD_ID.0, desc: &id }.write(&mut note);
    note
}

/// The code of all stubs: they differ in nothing but their place.
fn stubs(architecture: Architecture, count: usize) -> Vec<u8> {
    let code = architecture.code();
    let mut stub = code.bytes.to_vec();
    stub.resize(STUB, code.filler);
    stub.repeat(count)
}

/// Names and places of the stubs.
fn functions<'a>(
    definition: &'a Provider<ArgType>,
    sites: &'a [Site],
) -> impl Iterator<Item = (String, Place)> + 'a {
    definition.probes.iter().zip(sites).map(move |(probe, site)| {
        let name = format!("{}:{}", definition.name, probe_to_note(&probe.name));
        // As in the notes: a NUL would end the name early.
        (name.replace('\0', " "), site.stub)
    })
}

/// The contents of the two sections of notes.
fn notes(definition: &Provider<ArgType>, architecture: Architecture, sites: &[Site]) -> (Vec<u8>, Vec<u8>) {
    let (mut stapsdt, mut describing) = (Vec::new(), Vec::new());
    for (probe, site) in definition.probes.iter().zip(sites) {
        let args = &probe.args[..site.described];
        let nop = Place::new(site.stub.offset() + architecture.code().nop);
        let (location, base, semaphore) = (nop.address(), BASE.address(), site.semaphore.address());
        let note = StapsdtProbe {
            location,
            base,
            semaphore,
            provider: &definition.name,
            probe: &probe_to_note(&probe.name),
            operands: &operands(args, architecture),
        };
        note.write(&mut stapsdt);
        let (provider, probe) = (definition.name.clone(), described_probe(probe, args));
        Described { location, base, semaphore, provider, probe }.write(&mut describing);
    }
    (stapsdt, describing)
}

fn operands(args: &[Argument<ArgType>], architecture: Architecture) -> String {
    let sizes = args.iter().flat_map(|arg| arg.ty.operands_of_64_bits());
    let operands = sizes.zip(architecture.operands()).map(|(size, place)| format!("{size}@{place}"));
    operands.collect::<Vec<_>>().join(" ")
}

fn described_probe(probe: &Probe<ArgType>, args: &[Argument<ArgType>]) -> Probe<TypeName> {
    let named = |arg: &Argument<ArgType>| Argument {
        name: arg.name.clone(),
        ty: TypeName { ty: Some(arg.ty), spelling: arg.ty.spelling().to_owned() },
    };
    Probe {
        name: probe.name.clone(),
        doc: first_paragraph(&probe.doc),
        args: args.iter().map(named).collect(),
    }
}
