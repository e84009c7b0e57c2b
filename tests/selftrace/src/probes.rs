//! The probes, with values at their limits.

use std::time::Duration;

use usdt_probes::runtime::{ArgType, ProbeDefinition, Provider, ProviderDefinition};

#[usdt_probes::provider]
mod own {
    pub fn unsigned(a: u8, b: u16, c: u32, d: u64, e: usize, f: u128);
    pub fn signed(a: i8, b: i16, c: i32, d: i64, e: isize, f: i128);
    pub fn others(a: bool, b: char, c: f32, d: f64, e: std::time::Duration);
    pub fn texts(a: &str, b: &std::ffi::CStr, c: &std::path::Path, d: Option<&str>, e: Option<u32>);
    pub fn long_text(a: &str, b: usize);
    pub fn bytes(a: &[u8], b: u8);
    pub fn twelve(
        a: u64,
        b: i8,
        c: u64,
        d: &str,
        e: u64,
        f: u64,
        g: u64,
        h: u64,
        i: u64,
        j: u64,
        k: i32,
        l: u8,
    );
    pub fn with__dash();
}

/// Fires each probe once.
pub(crate) fn fire() {
    own::unsigned(u8::MAX, u16::MAX, u32::MAX, u64::MAX, usize::MAX, u128::MAX - 1);
    own::signed(i8::MIN, i16::MIN, i32::MIN, i64::MIN, isize::MIN, i128::MIN);
    own::others(true, 'ß', 1.5, -2.5, Duration::new(3, 5));
    own::texts_with(|| ("text", c"c text", std::path::Path::new("/a/path"), None, Some(7)));
    let long = "long ".repeat(200);
    own::long_text(&long, long.len());
    own::bytes(b"bytes", 9);
    own::twelve(1, -2, 3, "four", 5, 6, 7, 8, 9, 10, -11, 12);
    own::with__dash!();
}

/// A provider of the same probes, to be defined while the program runs.
pub(crate) fn definition() -> ProviderDefinition {
    use ArgType::*;
    let probe = |name: &str, args: &[(&str, ArgType)]| {
        args.iter().fold(ProbeDefinition::new(name), |probe, &(name, ty)| probe.arg(name, ty))
    };
    let twelve = [U64, I8, U64, Str, U64, U64, U64, U64, U64, U64, I32, U8]
        .into_iter()
        .zip("abcdefghijkl".split("").skip(1));
    let twelve: Vec<(&str, ArgType)> = twelve.map(|(ty, name)| (name, ty)).collect();
    ProviderDefinition::new("defined")
        .probe(probe("unsigned", &[("a", U8), ("b", U16), ("c", U32), ("d", U64), ("e", U64), ("f", U128)]))
        .probe(probe("signed", &[("a", I8), ("b", I16), ("c", I32), ("d", I64), ("e", I64), ("f", I128)]))
        .probe(probe("others", &[("a", Bool), ("b", Char), ("c", F32), ("d", F64), ("e", Nanoseconds)]))
        .probe(probe("texts", &[("a", Str), ("b", CStr), ("c", CStr), ("d", Str), ("e", U32)]))
        .probe(probe("long_text", &[("a", Str), ("b", U64)]))
        .probe(probe("bytes", &[("a", Bytes), ("b", U8)]))
        .probe(probe("twelve", &twelve))
        .probe(probe("with-dash", &[]))
}

/// Fires each of its probes once, with the values of [`fire`].
pub(crate) fn fire_defined(provider: &Provider) {
    let probe = |name| provider.probe(name).expect("it is in the program's notes");
    probe("unsigned").fire((u8::MAX, u16::MAX, u32::MAX, u64::MAX, usize::MAX, u128::MAX - 1));
    probe("signed").fire((i8::MIN, i16::MIN, i32::MIN, i64::MIN, isize::MIN, i128::MIN));
    probe("others").fire((true, 'ß', 1.5_f32, -2.5, Duration::new(3, 5)));
    probe("texts").fire(("text", c"c text", std::path::Path::new("/a/path"), None::<&str>, Some(7_u32)));
    let long = "long ".repeat(200);
    probe("long_text").fire_with(|| (&long, long.len()));
    probe("bytes").fire((b"bytes", 9_u8));
    probe("twelve")
        .fire((1_u64, -2_i8, 3_u64, "four", 5_u64, 6_u64, 7_u64, 8_u64, 9_u64, 10_u64, -11, 12_u8));
    probe("with-dash").fire(());
}
