//! What a module of probes can't hold.

#[usdt_probes::provider]
mod orders {
    const LIMIT: u64 = { 1 };
    static COUNT: u64 = 1;
    struct Order(u64);
    struct Reply {
        id: u64,
    }
    macro_rules! probes {
        () => {};
    }
    extern crate core;
    impl Reply {}
    fn request_done(id: u64);
    enum Kind {
        Read,
    }
    fn last(id: u64);
}

fn main() {
    orders::request_done(1);
    orders::last(1);
}
