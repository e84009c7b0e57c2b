//! A crate that denies what can be denied, for the compiler and for Clippy: no lint may complain about generated code.

#![forbid(unsafe_code)]
#![deny(warnings)]
#![deny(missing_docs, missing_debug_implementations, missing_copy_implementations, unreachable_pub)]
#![deny(single_use_lifetimes, unused_qualifications, unused_lifetimes, trivial_casts, trivial_numeric_casts)]
#![deny(non_snake_case, let_underscore_drop, elided_lifetimes_in_paths, explicit_outlives_requirements)]
#![deny(unused_results, variant_size_differences, unit_bindings, redundant_lifetimes, macro_use_extern_crate)]
#![deny(keyword_idents, non_ascii_idents, ambiguous_negative_literals, unsafe_op_in_unsafe_fn)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(
    clippy::missing_docs_in_private_items,
    clippy::missing_inline_in_public_items,
    clippy::allow_attributes
)]

/// Probes of the order service.
#[usdt_probes::provider]
pub mod orders {
    use std::borrow::Cow;

    /// The number of an order.
    pub type Id = u64;

    /// A request was accepted.
    pub fn request_start(id: Id, path: &str, body: &[u8], tags: Cow<'_, [u8]>);
    /// A request was answered.
    pub fn request_done(id: &Id, status: Option<u16>);
    /// Nobody fires this one.
    fn never(_: u64);
    /// Probes about the store.
    pub mod store {
        /// A key was read.
        pub(crate) fn read(key: &str);
    }
}

#[test]
fn calls() {
    use std::borrow::Cow;
    let path = String::from("/orders");
    orders::request_start(1, &path, b"x", b"y"[..].into());
    orders::request_start_with(|| (1, &path, vec![1], Cow::Borrowed(&b"y"[..])));
    orders::request_start!(|| (1, path, [1, 2], Cow::Borrowed(&b"y"[..])));
    orders::request_done(&1, None);
    orders::request_done!(|| (1, Some(1)));
    orders::store::read!(|| "key");
    if orders::store::read_enabled() {
        orders::store::read("key");
    }
}
