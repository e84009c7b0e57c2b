//! Writes the probes of `store.d` as Rust.

fn main() -> Result<(), usdt::Error> {
    usdt::Builder::new("store.d").crate_path("usdt").build()
}
