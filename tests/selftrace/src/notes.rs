//! Linux: the program does what a tracer and the kernel do. It reads the notes of its own file, raises each semaphore, replaces
//! each nop by a breakpoint instruction, and fires; then the same with a provider that it defines while it runs. What it
//! sees are the operands that the note names, read from the saved registers.
//!
//! # Safety
//!
//! `unsafe` is here to change the program's own code and semaphores: what the kernel would do.
#![allow(unsafe_code)]

use std::sync::Mutex;

use usdt_core::model::ArgType;
use usdt_core::stapsdt::{Described, Note, Notes, StapsdtProbe};
use usdt_probes::runtime::{Provider, Status};

use crate::registers::{BREAKPOINT, NOP, Registers};
use crate::{code, memory, probes};

/// Traces the program's own probes, and then those that it defines.
pub(crate) fn run() {
    let own = own_sites();
    trace(&own, probes::fire);

    let provider = Provider::define(probes::definition()).expect("names that were checked before");
    let Status::Visible { path } = provider.status() else { panic!("{:?}", provider.status()) };
    let image = std::fs::read(path).expect("the image");
    let semaphore = std::ptr::from_ref(provider.probes()[0].semaphore()).addr();
    trace(&sites_of_image(&image, semaphore), || probes::fire_defined(&provider));
}

/// Watches these sites while something fires them, and then doesn't.
fn trace(sites: &[Site], fire: impl Fn()) {
    arm(sites);
    fire();
    for hit in hits() {
        println!("{}", show(&sites[hit.site], &hit));
    }
    disarm(sites);
    fire();
    assert!(hits().is_empty(), "a probe fired that nobody watched");
}

/// A site of this program, at the addresses where it runs.
struct Site {
    location: usize,
    semaphore: usize,
    /// Size in bytes (negative where signed) and register of each operand.
    operands: Vec<(i8, String)>,
    described: Described,
}

/// What a breakpoint saw: the operands as they were, and for each that may be text what it pointed at.
struct Hit {
    site: usize,
    operands: Vec<u64>,
    texts: Vec<Option<String>>,
}

/// What the handler needs of a site: the location, and for each operand its register and what it points at.
type Watched = (usize, Vec<(String, Pointee)>);

static SITES: Mutex<Vec<Watched>> = Mutex::new(Vec::new());
static HITS: Mutex<Vec<Hit>> = Mutex::new(Vec::new());

/// What an operand points at.
#[derive(Clone, Copy, PartialEq)]
enum Pointee {
    /// Nothing: it is a value.
    None,
    /// Text that ends with a NUL.
    Text,
    /// As many bytes as the next operand says.
    Bytes,
}

unsafe extern "C" {
    #[link_name = "_.stapsdt.base"]
    static BASE: u8;
}

/// The sites that the notes of the program's own file describe.
fn own_sites() -> Vec<Site> {
    let file = std::fs::read("/proc/self/exe").expect("own file");
    sites(&file, |note| (&raw const BASE as usize).wrapping_sub(note.base as usize))
}

/// The sites of an image whose first semaphore is at this address.
fn sites_of_image(image: &[u8], semaphore: usize) -> Vec<Site> {
    let notes = Notes::new(section(image, ".note.stapsdt"));
    let semaphores = notes.map(|note| stapsdt(&note.expect("a note")).semaphore as usize);
    let first = semaphores.min().expect("a note");
    sites(image, |_| semaphore - first)
}

fn stapsdt<'data>(note: &Note<'data>) -> StapsdtProbe<'data> {
    StapsdtProbe::read(note).expect("a probe").expect("whole")
}

/// The sites of a file, each this far from where its note says.
fn sites(file: &[u8], bias: impl Fn(&StapsdtProbe<'_>) -> usize) -> Vec<Site> {
    let notes = section(file, ".note.stapsdt");
    let describing = section(file, ".note.usdt-probes");
    let described: Vec<Described> = Notes::new(describing)
        .map(|note| Described::read(&note.expect("a note")).expect("ours").expect("whole"))
        .collect();
    let sites = Notes::new(notes).map(|note| {
        let note = stapsdt(&note.expect("a note"));
        let bias = bias(&note);
        let described = described.iter().find(|d| d.location == note.location).expect("the other note");
        Site {
            location: bias.wrapping_add(note.location as usize),
            semaphore: bias.wrapping_add(note.semaphore as usize),
            operands: note.operands.split_whitespace().map(operand).collect(),
            described: described.clone(),
        }
    });
    sites.collect()
}

fn operand(text: &str) -> (i8, String) {
    let (size, register) = text.split_once('@').expect("an operand");
    (size.parse().expect("a size"), register.to_owned())
}

/// A section of a 64-bit little-endian file, by its name.
fn section<'f>(file: &'f [u8], name: &str) -> &'f [u8] {
    let word = |at: usize, len: usize| {
        let mut bytes = [0; 8];
        bytes[..len].copy_from_slice(&file[at..at + len]);
        u64::from_le_bytes(bytes) as usize
    };
    let (table, size, count, names) = (word(0x28, 8), word(0x3A, 2), word(0x3C, 2), word(0x3E, 2));
    let header = |i: usize| table + i * size;
    let content = |i: usize| (word(header(i) + 0x18, 8), word(header(i) + 0x20, 8));
    let name_of = |i: usize| &file[content(names).0 + word(header(i), 4)..];
    let found = (0..count).find(|&i| name_of(i).starts_with(format!("{name}\0").as_bytes()));
    let (start, len) = content(found.unwrap_or_else(|| panic!("no section {name}")));
    &file[start..start + len]
}

/// Raises every semaphore and puts a breakpoint at every site.
fn arm(sites: &[Site]) {
    let for_handler = |site: &Site| {
        let types = site.described.probe.args.iter().map(|a| a.ty.ty.expect("a known type"));
        let pointees =
            types.flat_map(|ty| [pointee(ty), Pointee::None].into_iter().take(ty.operands().len()));
        let registers = site.operands.iter().map(|(_, register)| register.clone());
        (site.location, registers.zip(pointees).collect())
    };
    *SITES.lock().expect("sites") = sites.iter().map(for_handler).collect();
    code::on_trap(on_breakpoint);
    sites.iter().for_each(|site| change(site, NOP, BREAKPOINT, 1));
}

fn pointee(ty: ArgType) -> Pointee {
    match ty {
        ArgType::Str | ArgType::CStr | ArgType::Json | ArgType::JsonResult => Pointee::Text,
        ArgType::Bytes => Pointee::Bytes,
        _ => Pointee::None,
    }
}

/// Lowers every semaphore and puts the nops back.
fn disarm(sites: &[Site]) {
    sites.iter().for_each(|site| change(site, BREAKPOINT, NOP, 0));
}

fn change(site: &Site, before: &[u8], after: &[u8], semaphore: u16) {
    // SAFETY: the program has one thread, which is here and not at the site. The note was read from the program's file, so
    // `location` is a nop and `semaphore` a `u16` of it.
    unsafe {
        code::replace(site.location, before, after);
        (site.semaphore as *mut u16).write_volatile(semaphore);
    }
}

/// Runs in the thread that hit the breakpoint, between two instructions of a cold function of its own: none of the locks
/// that it takes, and no allocation, can be under way there.
fn on_breakpoint(registers: &mut Registers) {
    let location = registers.step_over_breakpoint() as usize;
    let sites = SITES.lock().expect("sites");
    let site = sites.iter().position(|(at, ..)| *at == location).expect("a site");
    let wanted = &sites[site].1;
    let operands: Vec<u64> = wanted.iter().map(|(name, _)| registers.read(name)).collect();
    let texts = wanted.iter().enumerate().map(|(i, (_, pointee))| match pointee {
        Pointee::Text if operands[i] != 0 => Some(memory::text(operands[i])),
        Pointee::Bytes => Some(memory::bytes(operands[i], operands[i + 1])),
        _ => None,
    });
    let texts = texts.collect();
    HITS.lock().expect("hits").push(Hit { site, operands, texts });
}

/// Everything that was seen since the last call.
fn hits() -> Vec<Hit> {
    std::mem::take(&mut *HITS.lock().expect("hits"))
}

/// A firing as a line of text.
fn show(site: &Site, hit: &Hit) -> String {
    let operands = site.operands.iter().zip(&hit.operands).zip(&hit.texts);
    let values = operands.map(|(((size, _), &value), text)| match text {
        Some(text) => memory::shown(text),
        // As a tracer does: so many bytes of the register, with the sign that the note gives.
        None => memory::sized(*size, value),
    });
    let shown: Vec<String> = values.collect();
    format!("{} {}", site.described, if shown.is_empty() { "-".into() } else { shown.join(" ") })
}
