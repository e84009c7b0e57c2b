//! Breakpoints at the program's own probes.
//!
//! # Safety
//!
//! `unsafe` is here to change the program's own code and semaphores, and to handle the signal of a breakpoint: what the
//! kernel would do.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::sync::Mutex;

use usdt_core::model::ArgType;
use usdt_core::stapsdt::{Described, Note, Notes, StapsdtProbe};

use crate::registers::{BREAKPOINT, NOP, Registers};

/// A site of this program, at the addresses where it runs.
pub(crate) struct Site {
    pub(crate) location: usize,
    semaphore: usize,
    /// Size in bytes (negative where signed) and register of each operand.
    pub(crate) operands: Vec<(i8, String)>,
    pub(crate) described: Described,
}

/// What a breakpoint saw: the operands as they were, and for each that may be text what it pointed at.
pub(crate) struct Hit {
    pub(crate) site: usize,
    pub(crate) operands: Vec<u64>,
    pub(crate) texts: Vec<Option<String>>,
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
pub(crate) fn own_sites() -> Vec<Site> {
    let file = std::fs::read("/proc/self/exe").expect("own file");
    sites(&file, |note| (&raw const BASE as usize).wrapping_sub(note.base as usize))
}

/// The sites of an image whose first semaphore is at this address.
pub(crate) fn sites_of_image(image: &[u8], semaphore: usize) -> Vec<Site> {
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
pub(crate) fn arm(sites: &[Site]) {
    let for_handler = |site: &Site| {
        let types = site.described.probe.args.iter().map(|a| a.ty.ty.expect("a known type"));
        let pointees =
            types.flat_map(|ty| [pointee(ty), Pointee::None].into_iter().take(ty.operands().len()));
        let registers = site.operands.iter().map(|(_, register)| register.clone());
        (site.location, registers.zip(pointees).collect())
    };
    *SITES.lock().expect("sites") = sites.iter().map(for_handler).collect();
    handle_breakpoints();
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
pub(crate) fn disarm(sites: &[Site]) {
    sites.iter().for_each(|site| change(site, BREAKPOINT, NOP, 0));
}

fn change(site: &Site, before: &[u8], after: &[u8], semaphore: u16) {
    let page = site.location & !0xFFFF;
    let len = site.location + NOP.len() - page;
    let at = site.location as *mut u8;
    // SAFETY: the program has one thread, which is here and not at the site. The note was read from the program's file, so
    // `location` is a nop and `semaphore` a `u16` of it; that the bytes are what is expected is checked before the write.
    unsafe {
        assert_eq!(std::slice::from_raw_parts(at, before.len()), before, "at {}", site.described);
        // The pages before the site may belong to nobody: then the site's own will do.
        let (page, len) =
            if protect(page, len, libc::PROT_WRITE) { (page, len) } else { (site.location & !0xFFF, 0x1000) };
        assert!(protect(page, len, libc::PROT_WRITE), "mprotect failed");
        std::ptr::copy_nonoverlapping(after.as_ptr(), at, after.len());
        assert!(protect(page, len, 0), "mprotect failed");
        (site.semaphore as *mut u16).write_volatile(semaphore);
    }
    flush_instructions(at);
}

/// # Safety
///
/// Taking the right to write away from pages must not matter to anybody.
unsafe fn protect(page: usize, len: usize, also: i32) -> bool {
    // SAFETY: code stays readable and executable; the rest is the caller's promise.
    unsafe { libc::mprotect(page as *mut c_void, len, libc::PROT_READ | libc::PROT_EXEC | also) == 0 }
}

#[cfg(target_arch = "aarch64")]
fn flush_instructions(at: *mut u8) {
    // SAFETY: makes what was written at `at` visible to instruction fetch; it changes no memory.
    unsafe {
        std::arch::asm!("dc cvau, {0}", "dsb ish", "ic ivau, {0}", "dsb ish", "isb", in(reg) at, options(nostack));
    }
}

#[cfg(not(target_arch = "aarch64"))]
fn flush_instructions(_: *mut u8) {}

fn handle_breakpoints() {
    // SAFETY: zero is a valid sigaction; the handler has the signature that SA_SIGINFO asks for.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_breakpoint as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        assert_eq!(libc::sigaction(libc::SIGTRAP, &raw const action, std::ptr::null_mut()), 0);
    }
}

/// Runs in the thread that hit the breakpoint, between two instructions of a cold function of its own: none of the locks
/// that it takes, and no allocation, can be under way there.
extern "C" fn on_breakpoint(_: i32, _: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel gives a context to this handler, which is running.
    let mut registers = unsafe { Registers::of(context) };
    let location = registers.step_over_breakpoint() as usize;
    let sites = SITES.lock().expect("sites");
    let site = sites.iter().position(|(at, ..)| *at == location).expect("a site");
    let wanted = &sites[site].1;
    let operands: Vec<u64> = wanted.iter().map(|(name, _)| registers.read(name)).collect();
    let texts = wanted.iter().enumerate().map(|(i, (_, pointee))| match pointee {
        Pointee::Text if operands[i] != 0 => Some(text(operands[i])),
        Pointee::Bytes => Some(bytes(operands[i], operands[i + 1])),
        _ => None,
    });
    let texts = texts.collect();
    HITS.lock().expect("hits").push(Hit { site, operands, texts });
}

fn text(address: u64) -> String {
    // SAFETY: the note says that this operand is the address of text with a NUL, valid during the firing.
    let text = unsafe { std::ffi::CStr::from_ptr(address as *const std::ffi::c_char) };
    text.to_string_lossy().into_owned()
}

fn bytes(address: u64, len: u64) -> String {
    // SAFETY: the note says that these two operands are the address and the length of bytes, valid during the firing.
    let bytes = unsafe { std::slice::from_raw_parts(address as *const u8, len as usize) };
    String::from_utf8_lossy(bytes).into_owned()
}

/// Everything that was seen since the last call.
pub(crate) fn hits() -> Vec<Hit> {
    std::mem::take(&mut *HITS.lock().expect("hits"))
}
