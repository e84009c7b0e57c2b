//! The program that traces itself: on this machine, and built for aarch64 and run under an emulator.

mod common;

use std::path::Path;

use common::selftrace::{self, Place, Profile};
use testkit::toolbox::Toolbox;
use testkit::{expect, readelf};

/// What the program says of its own probes, and of those that it defines while it runs, whatever the architecture.
const EXPECTED: &str = "\
unsigned(a: u8, b: u16, c: u32, d: u64, e: usize, f: u128) 255 65535 4294967295 18446744073709551615 18446744073709551615 18446744073709551614 18446744073709551615
signed(a: i8, b: i16, c: i32, d: i64, e: isize, f: i128) -128 -32768 -2147483648 -9223372036854775808 -9223372036854775808 0 -9223372036854775808
others(a: bool, b: char, c: f32, d: f64, e: std::time::Duration) 1 223 1069547520 13836183955189006336 3000000005
texts(a: str, b: std::ffi::CStr, c: std::path::Path, d: Option<&str>, e: Option<u32>) \"text\" \"c text\" \"/a/path\" 0 7
long_text(a: str, b: usize) \"long long \"…1000 1000
bytes(a: [u8], b: u8) \"bytes\" 5 9
twelve(a: u64, b: i8, c: u64, d: str, e: u64, f: u64, g: u64, h: u64, i: u64, j: u64, k: i32, l: u8) 1 -2 3 \"four\" 5 6 7 8 9 10 -11 12
with-dash() -
unsigned(a: u8, b: u16, c: u32, d: u64, e: u64, f: u128) 255 65535 4294967295 18446744073709551615 18446744073709551615 18446744073709551614 18446744073709551615
signed(a: i8, b: i16, c: i32, d: i64, e: i64, f: i128) -128 -32768 -2147483648 -9223372036854775808 -9223372036854775808 0 -9223372036854775808
others(a: bool, b: char, c: f32, d: f64, e: Duration) 1 223 1069547520 13836183955189006336 3000000005
texts(a: str, b: CStr, c: CStr, d: str, e: u32) \"text\" \"c text\" \"/a/path\" 0 7
long_text(a: str, b: u64) \"long long \"…1000 1000
bytes(a: [u8], b: u8) \"bytes\" 5 9
twelve(a: u64, b: i8, c: u64, d: str, e: u64, f: u64, g: u64, h: u64, i: u64, j: u64, k: i32, l: u8) 1 -2 3 \"four\" 5 6 7 8 9 10 -11 12
with-dash() -
";

const PROBES: [&str; 8] =
    ["bytes", "long_text", "others", "signed", "texts", "twelve", "unsigned", "with__dash"];

fn check_notes(file: &Path, is_register: impl Fn(&str) -> bool) {
    let notes = readelf::notes(file).expect("readelf runs");
    let mut names: Vec<&str> = notes.iter().map(|n| n.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    expect::equal("readelf", &PROBES.to_vec(), &names);
    for note in &notes {
        assert!(note.location != 0 && note.base != 0 && note.semaphore != 0, "{note:?}");
        let operands = note.arguments.split_whitespace().map(|o| o.split_once('@').expect("an operand").1);
        assert!(operands.into_iter().all(&is_register), "{note:?}");
    }
}

#[test]
fn on_this_machine() {
    for profile in [Profile::Debug, Profile::Release] {
        let built = Place::Machine.build("selftrace", profile, "");
        check_notes(&built.program, |operand| operand.starts_with("%r"));
        expect::equal("the program", EXPECTED, &*selftrace::printed(&mut built.run(&[])));
    }
}

#[test]
fn on_aarch64_under_an_emulator() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let toolbox = Toolbox::find().expect("the toolbox: `cargo xtask setup toolbox` makes it");
    for profile in [Profile::Debug, Profile::Release] {
        let built = Place::Aarch64(&toolbox).build("selftrace-aarch64", profile, "");
        check_notes(&built.program, |operand| operand.starts_with('x'));
        expect::equal("the program", EXPECTED, &*selftrace::printed(&mut built.run(&[])));
    }
}
