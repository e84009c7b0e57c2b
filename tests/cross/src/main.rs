//! A program with every kind of probe. `cargo xtask cross` links it for systems that are not here and inspects the file;
//! it is never run there.

#![forbid(unsafe_code)]

use example_library::Cache;

/// Probes of each shape.
#[usdt_probes::provider(name = "cross")]
mod probes {
    /// No argument.
    pub(super) fn bare();
    /// As many numbers as there are registers for.
    pub(super) fn numbers(a: u64, b: i32, c: u16, d: i8, e: bool, f: usize);
    /// What must be lowered first.
    pub(super) fn texts(path: &str, name: &str);
    /// As many arguments as tracers read.
    pub(super) fn twelve(
        a: u64,
        b: u64,
        c: u64,
        d: u64,
        e: u64,
        f: u64,
        g: u64,
        h: u64,
        i: u64,
        j: &str,
        k: i8,
        l: bool,
    );
    /// In a generic function.
    pub(super) fn generic(size: usize);
}

/// The probe in it has a site for each type.
#[inline(never)]
fn measure<T>(value: &T) -> usize {
    let size = size_of_val(value);
    probes::generic(size);
    size
}

fn fire_all(number: u64, text: &str) {
    probes::bare();
    probes::numbers(number, -1, 2, -3, true, text.len());
    probes::texts(text, "name");
    probes::twelve(number, 2, 3, 4, 5, 6, 7, 8, 9, text, -11, true);
    probes::numbers_with(|| (number + 1, -1, 2, -3, false, 0));
    if probes::texts_enabled() {
        probes::texts(&text.repeat(2), "again");
    }
}

fn main() {
    if let Err(error) = usdt_probes::register_probes() {
        eprintln!("no probes: {error}");
    }
    let text = std::env::args().next().unwrap_or_default();
    fire_all(text.len() as u64, &text);
    let mut cache = Cache::default();
    cache.put("key", text);
    println!("{} {:?}", measure(&1_u8) + measure(&2_u64), cache.get("key"));
    cache.clear();
}
