//! What `docs/migrating.md` says about the notes: operands of types that are JSON in the crate `usdt`, and names.

#![allow(dead_code)]

use std::collections::HashMap;

use testkit::elf::Elf;
use testkit::expect;

type Id = u64;

/// The way to keep the shape of old scripts.
#[derive(serde::Serialize)]
#[serde(transparent)]
struct Json<T>(T);

#[usdt_probes::provider(name = "migrating")]
mod probes {
    use super::{Id, Json};
    use std::borrow::Cow;
    use std::num::NonZeroU8;
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    fn request__start();
    fn numbers(a: Id, b: bool, c: char, d: f32, e: f64, f: NonZeroU8, g: Duration, h: Option<u16>);
    fn texts(a: Option<&str>, b: Cow<'_, str>, c: Arc<str>, d: &Path);
    fn bytes(a: &[u8], b: [u8; 4], c: Vec<u8>, d: u8);
    fn wide(a: u128, b: u8);
    fn pointers(a: *const u8);
    fn json(a: Vec<String>, b: [u32; 4], c: (u8, String), d: std::net::IpAddr);
    fn kept(a: Json<bool>, b: Json<Id>, #[json] c: bool);
    fn sizes(a: u32, b: i64, c: bool);
}

fn fire_all() {
    use std::time::Duration;
    probes::request__start();
    probes::numbers(1, true, 'x', 1.5, 1.5, 7.try_into().unwrap(), Duration::ZERO, None);
    probes::texts(None, "".into(), "".into(), "".as_ref());
    probes::bytes(b"", [0; 4], vec![], 1);
    probes::wide(1, 2);
    probes::pointers(std::ptr::null());
    probes::json(vec![], [0; 4], (1, String::new()), [127, 0, 0, 1].into());
    probes::kept(Json(true), Json(1), true);
    probes::sizes(1, 2, true);
}

/// The sizes of all operands, by probe.
fn notes() -> HashMap<String, String> {
    let elf = Elf::open(&std::env::current_exe().unwrap()).unwrap();
    let ours = elf.notes().unwrap().into_iter().filter(|note| note.provider == "migrating");
    let sizes = |arguments: &str| {
        let sizes: Vec<&str> = arguments.split_whitespace().filter_map(|a| a.split('@').next()).collect();
        sizes.join(" ")
    };
    ours.map(|note| (note.name, sizes(&note.arguments))).collect()
}

#[test]
fn operands_are_as_the_guide_says() {
    fire_all();
    let notes = notes();
    for (probe, sizes) in [
        ("request__start", ""),
        ("numbers", "8 1 4 4 8 1 8 2"),
        ("texts", "8 8 8 8"),
        ("bytes", "8 8 8 8 8 8 1"),
        ("wide", "8 8 1"),
        ("pointers", "8"),
        ("json", "8 8 8 8"),
        ("kept", "8 8 8"),
        ("sizes", "4 -8 1"),
    ] {
        expect::equal(probe, &Some(sizes), &notes.get(probe).map(String::as_str));
    }
}
