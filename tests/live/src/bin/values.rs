//! Fires every kind of value at its limits, each probe once.

use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr};
use std::num::{NonZeroI16, NonZeroU64};
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI8, AtomicPtr, AtomicU64};
use std::time::Duration;

use usdt_probes::UniqueId;

/// A number of the service's own.
#[derive(Clone, Copy)]
struct OrderId(i32);
impl usdt_probes::Arg for OrderId {
    type Value<'a> = i32;
    fn value(&self) -> i32 {
        self.0
    }
}

/// A name of the service's own.
struct Name(String);
impl usdt_probes::Arg for Name {
    type Value<'a> = &'a str;
    fn value(&self) -> &str {
        &self.0
    }
}

/// What travels as JSON.
#[derive(serde::Serialize)]
struct Reply {
    id: u64,
    lines: Vec<String>,
}

/// What a tracer follows.
#[repr(C)]
struct Pair {
    first: u64,
    second: u64,
}

type Alias = u16;

/// Every kind of value.
#[usdt_probes::provider]
mod values {
    use super::*;

    pub fn small(a: u8, b: i8, c: u16, d: i16, e: bool, f: char);
    pub fn large(a: u32, b: i32, c: u64, d: i64, e: usize, f: isize);
    pub fn lowest(a: i8, b: i16, c: i32, d: i64, e: isize, f: Alias);
    pub fn wide(a: u128, b: i128);
    pub fn floats(a: f32, b: f64, c: f32, d: f64);
    pub fn wrapped(a: NonZeroU64, b: NonZeroI16, c: &AtomicU64, d: &AtomicI8, e: &AtomicBool, f: Duration);
    pub fn pointers(a: *const u8, b: *mut u64, c: NonNull<u32>, d: &AtomicPtr<u8>, e: *const u8);
    pub fn references(a: &u64, b: &&i32, c: &mut u8, d: Box<u16>, e: Arc<i64>, f: Cow<'_, i8>);
    pub fn some(a: Option<u32>, b: Option<i8>, c: Option<&str>, d: Option<bool>, e: Option<NonZeroI16>);
    pub fn none(a: Option<u32>, b: Option<&str>, c: Option<&[u8]>, d: Option<f64>, e: Option<Duration>);
    pub fn newtypes(a: OrderId, b: &OrderId, c: &Name, d: Option<OrderId>, e: &UniqueId, f: UniqueId);
    pub fn texts(a: &str, b: String, c: Cow<'_, str>, d: Arc<str>, e: Box<str>, f: &&str);
    pub fn others(a: &CStr, b: CString, c: &Path, d: PathBuf, e: &OsStr, f: &str);
    pub fn bytes(a: &[u8], b: [u8; 4], c: Vec<u8>);
    pub fn long_text(len: u64, text: &str);
    pub fn two_texts(a: &str, b: &str);
    pub fn twelve(
        a: u64,
        b: i64,
        c: u32,
        d: i32,
        e: u16,
        f: i16,
        g: u8,
        h: i8,
        i: bool,
        j: u64,
        k: i32,
        l: u64,
    );
    pub fn twelve_texts(
        a: &str,
        b: &str,
        c: &str,
        d: &str,
        e: &str,
        f: &str,
        g: &str,
        h: &str,
        i: &str,
        j: &str,
        k: &str,
        l: &str,
    );
    pub fn json(#[json] a: &Reply, b: &Reply, #[json] c: &[u32], d: (u8, String));
    pub fn long_json(#[json] a: &str);
    pub fn written(a: *const Pair, b: &[u8]);
    pub fn with__dash(a: u8);
    pub fn nothing();
}

fn main() {
    numbers();
    pointers();
    options();
    texts();
    bytes();
    many();
    json();
    written(u8::try_from(std::env::args().count()).unwrap_or(0));
    values::with__dash(1);
    values::nothing!();
}

fn numbers() {
    values::small(u8::MAX, i8::MAX, u16::MAX, i16::MAX, true, char::MAX);
    values::large(u32::MAX, i32::MAX, u64::MAX, i64::MAX, usize::MAX, isize::MAX);
    values::lowest(i8::MIN, i16::MIN, i32::MIN, i64::MIN, isize::MIN, 0x1234);
    values::wide(u128::MAX - 1, i128::MIN + 5);
    values::floats(1.5, -2.5, f32::MIN_POSITIVE, f64::INFINITY);
    values::wrapped(
        NonZeroU64::MAX,
        NonZeroI16::MIN,
        &AtomicU64::new(7),
        &AtomicI8::new(-7),
        &AtomicBool::new(true),
        Duration::new(3, 5),
    );
}

fn pointers() {
    let mut word = 7_u64;
    let mut byte = 9_u8;
    let mut atomic = 3_u32;
    values::pointers_with(|| {
        (
            &raw const byte,
            &raw mut word,
            NonNull::from(&mut atomic),
            AtomicPtr::new(std::ptr::null_mut()),
            std::ptr::without_provenance(usize::MAX),
        )
    });
    values::references(&u64::MAX, &&-5, &mut byte, Box::new(6), Arc::new(-7), Cow::Owned(-8));
}

fn options() {
    values::some(Some(1), Some(-1), Some("text"), Some(true), NonZeroI16::new(-3));
    values::none(None, None, None, None, None);
    let id = UniqueId::new();
    values::newtypes(
        OrderId(-7),
        &OrderId(i32::MAX),
        &Name("name".into()),
        Some(OrderId(5)),
        &id,
        id.clone(),
    );
}

fn texts() {
    values::texts("literal", "owned".into(), Cow::Borrowed("cow"), "arc".into(), "box".into(), &"ref");
    let c = CString::new("c string").unwrap_or_default();
    values::others(
        c"c literal",
        c,
        Path::new("/a/path"),
        "/an/owned/path".into(),
        OsStr::new("os"),
        "NUL\0cuts",
    );
    for len in [0_u32, 1, 511, 512, 513, 100_000] {
        values::long_text(len.into(), &pattern(len as usize));
    }
    values::long_text(7, "äöü€😀");
    values::two_texts(&pattern(300), &pattern(400));
}

/// Text of so many bytes that differs in every place.
fn pattern(len: usize) -> String {
    ('a'..='w').cycle().take(len).collect()
}

fn bytes() {
    values::bytes(b"\0\x01\xFF", *b"abcd", vec![9; 5]);
}

fn many() {
    values::twelve(1, -2, 3, -4, 5, -6, 7, -8, true, u64::MAX, i32::MIN, 12);
    values::twelve_texts("t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9", "t10", "t11", "t12");
}

fn json() {
    let reply = Reply { id: 7, lines: vec!["a \"b\"".into(), "c".into()] };
    values::json(&reply, &reply, &[1, 2, 3], (9, "x".into()));
    values::long_json(&"€".repeat(40_000));
}

/// What is written right before a firing must be seen by a tracer that follows the pointer, however well the compiler
/// knows that nobody in the program reads it.
fn written(n: u8) {
    let pair = Pair { first: 1000 + u64::from(n), second: 2000 + u64::from(n) };
    values::written_with(|| (&raw const pair, [b'w', b'0' + n]));
    let pair = Pair { first: 3000 + u64::from(n), second: 4000 + u64::from(n) };
    values::written(&raw const pair, &[b'x', b'0' + n]);
}
