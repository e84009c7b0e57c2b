//! A probe with a body, in a crate that denies what would also be said about what stands in for it.

#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations)]

/// Probes of the order service.
#[usdt_probes::provider]
pub mod orders {
    /// A request was accepted.
    pub fn request_start(id: u64, path: &str) {
        println!("{id} {path}");
    }
    /// A request was answered.
    pub fn request_done(id: u64);
}

fn main() {
    orders::request_start(1, "/");
    orders::request_start_with(|| (1, "/".to_owned()));
    orders::request_start!(|| (1, "/"));
    let _: bool = orders::request_start_enabled();
    orders::request_done(1);
    orders::request_done!(|| 1);
}
