//! A probe with a body.

#[usdt_probes::provider]
mod orders {
    fn request_start(id: u64, path: &str) {
        println!("{id} {path}");
    }
    fn request_done(id: u64);
}

fn main() {
    orders::request_start(1, "/");
    orders::request_start_with(|| (1, "/".to_owned()));
    orders::request_start!(|| (1, "/"));
    let _: bool = orders::request_start_enabled();
    orders::request_done(1);
    orders::request_done!(|| 1);
}
