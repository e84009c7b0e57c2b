//! Notes as `readelf -n` of GNU binutils reads them: a reader that shares nothing with ours.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::tool;

pub use crate::elf::Note;

/// Every stapsdt note of `path`, in the order of the file.
///
/// # Errors
///
/// If `readelf` fails, or writes something that isn't understood here.
pub fn notes(path: &Path) -> Result<Vec<Note>> {
    parse(&tool::stdout_of(Command::new("readelf").args(["--notes", "--wide"]).arg(path))?)
}

/// `provider:probe location semaphore operands`, of each note, sorted.
///
/// # Errors
///
/// As [`notes`].
pub fn rows(path: &Path) -> Result<Vec<String>> {
    let row = |note: &Note| {
        let Note { provider, name, location, semaphore, arguments, .. } = note;
        format!("{provider}:{name} {location:#x} {semaphore:#x} {arguments}")
    };
    let mut rows: Vec<String> = notes(path)?.iter().map(row).collect();
    rows.sort();
    Ok(rows)
}

fn parse(text: &str) -> Result<Vec<Note>> {
    text.split("NT_STAPSDT").skip(1).map(parse_note).collect()
}

fn parse_note(text: &str) -> Result<Note> {
    let numbers: Vec<&str> = field(text, "Location:")?.split(", ").collect();
    let [location, base, semaphore] = numbers[..] else {
        anyhow::bail!("readelf says {numbers:?} where three addresses are expected");
    };
    Ok(Note {
        provider: field(text, "Provider:")?.to_owned(),
        name: field(text, "Name:")?.to_owned(),
        location: tool::hex(location)?,
        base: tool::hex(base.trim_start_matches("Base: "))?,
        semaphore: tool::hex(semaphore.trim_start_matches("Semaphore: "))?,
        arguments: field(text, "Arguments:")?.to_owned(),
    })
}

/// What follows `label` on its line.
fn field<'a>(text: &'a str, label: &str) -> Result<&'a str> {
    let after = text.split_once(label).with_context(|| format!("readelf says no {label} in {text:?}"))?.1;
    Ok(after.lines().next().unwrap_or_default().trim())
}
