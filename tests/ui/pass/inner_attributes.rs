//! Attributes and docs inside of the module say the same as on it.

#![deny(warnings, missing_docs)]

#[usdt_probes::provider]
pub mod orders {
    //! Probes of the order service.
    #![allow(clippy::pedantic)]

    use std::path::Path;

    /// A request was accepted.
    pub fn request_start(path: &Path);
}

fn main() {
    orders::request_start("/".as_ref());
}
