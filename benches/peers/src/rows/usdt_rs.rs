//! The crate `usdt`.
//!
//! # Safety
//!
//! What its macros expand to contains `unsafe`, which that crate answers for; there is none of ours.
#![allow(unsafe_code)]

#[usdt::provider(provider = "bench_usdt")]
mod bench {
    use crate::rows::Reply;
    fn none() {}
    fn two(a: u64, b: i32) {}
    fn text(s: &str) {}
    fn json(v: &Reply) {}
}

crate::rows::cases! { "usdt";
    none() => bench::none!(|| ());
    two(a, b) => bench::two!(|| (a, b));
    text(s) => bench::text!(|| s);
    json(v) => bench::json!(|| v);
}
