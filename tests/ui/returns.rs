//! A probe that returns something.

#[usdt_probes::provider]
mod orders {
    fn request_start(id: u64) -> bool;
    fn request_path(id: u64) -> Result<u64, ()> {}
    fn request_done(id: u64);
}

fn main() {
    orders::request_start(1);
    orders::request_path!(|| 1);
    orders::request_done(1);
}
