//! What must be true of the files that were linked.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::binary::Binary;
use super::records::{self, Places, Probes};
use super::system::System;

/// The probes of the program in `tests/cross`, and in how many places it asks whether anybody watches each.
const PROBES: [(&str, &str, usize); 7] = [
    ("cross", "bare", 1),
    ("cross", "numbers", 2),
    ("cross", "texts", 3),
    ("cross", "twelve", 1),
    // One for each of two types.
    ("cross", "generic", 2),
    // Those of a library.
    ("cache", "lookup", 1),
    ("cache", "clear", 1),
];

/// A probe of the library that the program never fires. Where nothing optimises or the linker keeps what has a record, the
/// place where it would fire is in the file.
const UNFIRED: (&str, &str) = ("cache", "fill");

/// Checks the program, and counts the places in it that a tracer may patch.
pub(super) fn program(path: &Path, system: &System) -> Result<Places> {
    let binary = library(path, system)?;
    let mut probes = records::probes(&binary).with_context(|| path.display().to_string())?;
    let mut all = Places::default();
    for (provider, name, enabled) in PROBES {
        let places = take(&mut probes, provider, name).unwrap_or_default();
        // However many places ask, a probe fires from one.
        let expected = Places { sites: 1, enabled };
        ensure!(places == expected, "{}: {provider}:{name} has {places:?}", path.display());
        all.sites += places.sites;
        all.enabled += places.enabled;
    }
    if let Some(places) = take(&mut probes, UNFIRED.0, UNFIRED.1) {
        ensure!(places == Places { sites: 1, enabled: 0 }, "{}: {UNFIRED:?} has {places:?}", path.display());
        all.sites += places.sites;
    }
    ensure!(probes.is_empty(), "{}: unknown probes: {probes:?}", path.display());
    Ok(all)
}

/// Takes the probe with these two texts out.
fn take(probes: &mut Probes, provider: &str, name: &str) -> Option<Places> {
    let is_it = |texts: &&BTreeSet<String>| texts.contains(provider) && texts.contains(name);
    let key = probes.keys().find(is_it)?.clone();
    probes.remove(&key)
}

/// Checks what is true of every file for the system.
pub(super) fn library(path: &Path, system: &System) -> Result<Binary> {
    let binary = Binary::open(path)?;
    let (format, architecture) = (binary.format, binary.architecture);
    ensure!(
        (format, architecture) == (system.format, system.architecture),
        "{} is {format:?} for {architecture:?}",
        path.display()
    );
    let mut libraries = binary.libraries.iter();
    let surprising = libraries.find(|name| !system.libraries.contains(&name.as_str()));
    ensure!(surprising.is_none(), "{} asks for {surprising:?}", path.display());
    Ok(binary)
}

/// Checks the native part of the npm package.
pub(super) fn addon(path: &Path, system: &System) -> Result<()> {
    let binary = library(path, system)?;
    let defines = |name: &str| binary.symbols.keys().any(|symbol| symbol.ends_with(name));
    let asks_for = |name: &str| binary.undefined.iter().any(|symbol| symbol.ends_with(name));
    ensure!(defines("napi_register_module_v1"), "{} is no addon", path.display());
    ensure!(asks_for("napi_create_function"), "{} asks nothing of Node", path.display());
    Ok(())
}
