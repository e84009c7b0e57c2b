//! A line without an end, which the compiler itself finds first.

#[usdt_probes::provider]
mod orders {
    fn request_start(id: u64)
    fn request_done(id: u64);
}

fn main() {}
