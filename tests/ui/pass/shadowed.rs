//! A crate where nothing has its usual name.

#![no_implicit_prelude]
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types, unused_macros)]

mod core {}
mod std {}
mod alloc {}
mod usdt_probes {}
mod usdt_core {}

mod names {
    pub struct Option;
    pub struct String_;
    pub struct PhantomData;
    pub struct FnOnce;
    pub struct Kind;
    pub struct Plan;
    pub struct Fallback;
    pub struct str;
    pub struct u8;
    pub struct bool;
    pub struct usize;
    pub trait AsRef {}
    pub trait Borrow {}
    pub trait Sized {}
    pub fn drop() {}
}

macro_rules! concat {
    () => {};
}
macro_rules! compile_error {
    ($($any:tt)*) => {};
}
macro_rules! assert {
    ($($any:tt)*) => {};
}
macro_rules! include_bytes {
    ($($any:tt)*) => {};
}

#[::usdt_probes::provider]
mod orders {
    use super::names::*;

    pub fn nothing();
    pub fn request_start(id: u64, path: &::core::primitive::str, body: &[::core::primitive::u8]);
    pub fn request_done(A0: u64, args: ::core::option::Option<u16>, drop: &u64, __usdt: i8);
    pub mod store {
        pub fn read(key: &::std::string::String, id: ::usdt_probes::UniqueId);
    }
}

::usdt_probes::dtrace_provider!("provider texts { probe sent(uint64_t id, char *text, uint8_t *bytes); };");

trait Noise {
    fn lower(&self) {}
    fn as_ref(&self) {}
    fn borrow(&self) {}
    fn put(&self) {}
}
impl<T: ?::core::marker::Sized> Noise for T {}

fn main() {
    orders::nothing();
    orders::nothing!();
    orders::request_start(1, "/", b"");
    orders::request_start_with(|| (1, "/", b""));
    orders::request_start!(|| (1, "/", b""));
    orders::request_done!(|| (1, ::core::option::Option::None, &1, -1));
    orders::store::read!(|| (::std::string::String::new(), ::usdt_probes::UniqueId::new()));
    texts::sent!(|| (1, "x", ::core::ptr::null()));
}
