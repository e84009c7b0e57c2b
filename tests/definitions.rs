//! Everything that a definition may say, and every way to call what comes of it. That it compiles is most of the test;
//! what a tracer sees of it is tested in `live`.

#![forbid(unsafe_code)]
#![deny(warnings)]
#![allow(unreachable_pub, missing_debug_implementations)]

use std::cell::Cell;

mod types {
    pub type Id = u64;
    pub type Text<'a> = &'a str;
    #[derive(Clone, Copy)]
    pub struct OrderId(pub u32);
    impl usdt_probes::Arg for OrderId {
        type Value<'a> = u32;
        fn value(&self) -> u32 {
            self.0
        }
    }
    pub struct Name(pub String);
    impl usdt_probes::Arg for Name {
        type Value<'a> = &'a str;
        fn value(&self) -> &str {
            &self.0
        }
    }
    pub struct Borrowing<'a>(pub &'a str);
    impl usdt_probes::Arg for Borrowing<'_> {
        type Value<'a>
            = &'a str
        where
            Self: 'a;
        fn value(&self) -> &str {
            self.0
        }
    }
}

/// All kinds of values.
#[usdt_probes::provider]
mod values {
    use super::types::*;
    use std::borrow::Cow;
    use std::ffi::{CStr, CString};
    use std::num::NonZeroU16;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use std::sync::atomic::AtomicI32;
    use std::time::Duration;

    fn ints(a: u8, b: i8, c: u16, d: i16, e: u32, f: i32, g: u64, h: i64, i: usize, j: isize);
    fn wide(a: u128, b: i128);
    fn others(a: bool, b: char, c: f32, d: f64, e: Duration, f: NonZeroU16);
    fn shared(a: &AtomicI32, b: *const u8, c: *mut Vec<String>, d: &u64, e: &&u64);
    fn options(a: Option<u32>, b: Option<&str>, c: Option<Duration>, d: Option<&[u8]>, e: Option<String>);
    fn texts(a: &str, b: String, c: &String, d: Cow<'_, str>, e: Arc<str>, f: Box<str>);
    fn bytes(a: &[u8], b: [u8; 4], c: Vec<u8>, d: &[u8; 2]);
    fn others_still(a: &CStr, b: CString, c: &Path, d: PathBuf, e: &std::ffi::OsStr);
    fn aliases(a: Id, b: Text<'_>, c: OrderId, d: &OrderId, e: &Name, f: Borrowing<'_>);
    fn twelve(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64, g: u64, h: u64, i: u64, j: u64, k: u64, l: u64);
    fn six_slices(a: &[u8], b: &[u8], c: &[u8], d: &[u8], e: &[u8], f: &[u8]);
    fn twelve_texts(
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
}

#[test]
fn every_kind_of_value() {
    use std::borrow::Cow;
    let x = 7_u64;
    let mut v = vec![String::new()];
    values::ints(1, -1, 2, -2, 3, -3, 4, -4, 5, -5);
    values::ints_with(|| (1, -1, 2, -2, 3, -3, 4, -4, &5, Box::new(-5)));
    values::wide!(|| (1, -1));
    values::others(true, 'x', 1.5, 2.5, std::time::Duration::ZERO, 3.try_into().unwrap());
    let atomic = std::sync::atomic::AtomicI32::new(1);
    values::shared(&atomic, &0, &mut v, &x, &&x);
    values::shared_with(|| (&atomic, std::ptr::null(), std::ptr::null_mut(), x, &x));
    values::options(Some(1), None, None, Some(b"x"), Some("x".to_owned()));
    values::options!(|| (Some(1), None, None, Some(&b"x"[..]), None));
    values::texts("a", "b".to_owned(), &"c".to_owned(), "d".into(), "e".into(), "f".into());
    values::texts!(|| (
        "a".to_owned(),
        "b",
        Cow::Borrowed("c"),
        Cow::Borrowed("d"),
        std::sync::Arc::<str>::from("e"),
        Box::<str>::from("f")
    ));
    values::bytes(b"a", *b"abcd", vec![1], b"xy");
    values::bytes!(|| ("a", [1, 2, 3, 4], vec![1], b"xy"));
    values::others_still(c"a", c"b".into(), "c".as_ref(), "d".into(), "e".as_ref());
    values::aliases(
        1,
        "b",
        types::OrderId(1),
        &types::OrderId(2),
        &types::Name("n".into()),
        types::Borrowing("b"),
    );
    values::aliases!(|| (
        1,
        "b",
        types::OrderId(1),
        types::OrderId(2),
        types::Name("n".into()),
        types::Borrowing("b")
    ));
    values::twelve(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    values::six_slices(b"", b"", b"", b"", b"", b"");
    values::twelve_texts("", "", "", "", "", "", "", "", "", "", "", "");
}

#[usdt_probes::provider(provider = "shapes2", probe_format = "probe_{provider}_{probe}")]
mod shapes {
    fn nothing() {}
    fn one(_: u8) {}
    fn two(_: u8, _: &str) {}
}

fn make_one() -> u8 {
    1
}

fn generic<S: AsRef<str>>(text: S) {
    shapes::probe_shapes2_two!(|| (1, &text));
}

#[test]
fn every_way_to_call() {
    shapes::probe_shapes2_nothing!();
    shapes::probe_shapes2_nothing!(|| ());
    shapes::probe_shapes2_nothing();
    shapes::probe_shapes2_nothing_with(|| ());
    shapes::probe_shapes2_one!(|| 1);
    shapes::probe_shapes2_one!(|| &1);
    shapes::probe_shapes2_one!(|| (1,));
    shapes::probe_shapes2_one!(make_one);
    shapes::probe_shapes2_one!(self::make_one);
    shapes::probe_shapes2_one_with(make_one);
    let owned = String::from("x");
    shapes::probe_shapes2_two!(|| (2, &owned));
    shapes::probe_shapes2_two!(move || (2, owned),);
    generic("x");
    generic(String::new());
    assert!(!shapes::probe_shapes2_two_enabled());
}

#[test]
fn a_closure_does_not_run_while_nobody_watches() {
    let ran = Cell::new(false);
    shapes::probe_shapes2_one!(|| {
        ran.set(true);
        1
    });
    shapes::probe_shapes2_two_with(|| {
        ran.set(true);
        (1, "")
    });
    assert!(!ran.get());
}

mod deep {
    pub mod deeper {
        /// A provider of the same name as another's module.
        #[usdt_probes::provider(name = "deep")]
        pub mod shapes {
            /// Documented.
            pub fn r#match(r#type: u8);
            pub(crate) fn with__dashes();
            pub(super) fn for_the_parent();
            pub(in crate::deep) fn for_the_grandparent();
            #[cfg(test)]
            fn there(a: u8);
            #[cfg(not(test))]
            fn there(a: &str, b: u8);
            #[cfg(not(test))]
            fn not_there();
            #[deprecated]
            #[allow(non_snake_case)]
            fn Old();
            /// Probes about the store.
            pub mod store {
                pub fn read(key: &str);
                pub mod disk {
                    pub fn sync();
                }
            }
        }
        pub fn call() {
            shapes::for_the_parent!();
            shapes::for_the_parent();
        }
    }
    pub fn call() {
        deeper::shapes::for_the_grandparent!();
    }
}

#[test]
fn names_visibility_and_nesting() {
    deep::call();
    deep::deeper::call();
    deep::deeper::shapes::r#match(1);
    deep::deeper::shapes::r#match!(|| 1);
    deep::deeper::shapes::match_with(|| 1);
    deep::deeper::shapes::with__dashes!();
    deep::deeper::shapes::there!(|| 1);
    deep::deeper::shapes::store::read!(|| "k");
    deep::deeper::shapes::store::disk::sync!();
    use deep::deeper::shapes::store::{disk, read};
    read!(|| "k");
    disk::sync();
}

#[test]
fn a_provider_inside_of_a_function() {
    #[usdt_probes::provider]
    mod local {
        fn probe(a: u8);
    }
    local::probe!(|| 1);
    local::probe(1);
}

mod twins {
    // Twice the same text: the macros must still find their own.
    pub mod a {
        #[usdt_probes::provider]
        pub mod twin {
            pub fn fire(a: u8);
        }
    }
    pub mod b {
        #[usdt_probes::provider]
        pub mod twin {
            pub fn fire(a: u8);
        }
    }
}

#[test]
fn twins() {
    twins::a::twin::fire!(|| 1);
    twins::b::twin::fire!(|| 1);
}

#[test]
fn async_code_and_threads() {
    async fn work(text: &str) {
        shapes::probe_shapes2_two!(|| (1, text));
        std::future::ready(()).await;
        shapes::probe_shapes2_two(1, text);
    }
    fn is_send<T: Send>(_: T) {}
    is_send(work("x"));
}
