//! Arguments that are more than a name and a type.

#[usdt_probes::provider]
mod orders {
    fn tuple((a, b): (u8, u8));
    fn structure(Some(a): Option<u8>, b: u8);
    fn changing(mut id: u64);
    fn by_ref(ref id: u64);
    fn reference(&id: &u64);
    fn request_done(id: u64);
}

fn main() {
    orders::tuple((1, 2));
    orders::tuple!(|| (1, 2));
    orders::structure(Some(1), 2);
    orders::changing(1);
    orders::by_ref(1);
    orders::reference(&1);
    orders::request_done(1);
}
