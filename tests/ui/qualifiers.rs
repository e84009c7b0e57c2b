//! What may stand before `fn` elsewhere.

#[usdt_probes::provider]
mod orders {
    async fn in_the_future(id: u64);
    const fn in_the_past(id: u64);
    unsafe fn in_danger(id: u64);
    extern "C" fn in_c(id: u64);
    pub const unsafe extern fn in_all(id: u64);
    fn request_done(id: u64);
}

fn main() {
    orders::in_the_future(1);
    orders::in_the_past!(|| 1);
    orders::in_danger(1);
    orders::in_c(1);
    orders::in_all_with(|| 1);
    orders::request_done(1);
}
