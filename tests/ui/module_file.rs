//! A module in a file of its own.

#[usdt_probes::provider]
mod orders;

#[usdt_probes::provider]
mod service {
    fn request_done(id: u64);
    pub mod store;
}

fn main() {
    service::request_done(1);
}
