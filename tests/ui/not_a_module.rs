//! `#[provider]` on something that isn't a module.

#[usdt_probes::provider]
struct Orders {
    id: u64,
}

#[usdt_probes::provider]
pub fn request_start(id: u64) {
    let _ = id;
}

#[usdt_probes::provider]
trait Probes {
    fn request_start(id: u64);
}

fn main() {
    let orders = Orders { id: 1 };
    request_start(orders.id);
}
