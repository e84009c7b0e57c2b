//! Arguments of one name.

#[usdt_probes::provider]
mod orders {
    fn request_start(id: u64, path: &str, id: u32);
    fn request_path(r#id: u64, id: u32, _: u8, _: u8);
    fn request_done(id: u64);
}

fn main() {
    orders::request_start(1, "", 1);
    orders::request_start!(|| (1, "", 1));
    orders::request_path(1, 2, 3, 4);
    orders::request_path!(|| (1, 2, 3, 4));
    orders::request_done(1);
}
