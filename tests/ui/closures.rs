//! Closures that give something else than the probe takes, and calls without one.

#[usdt_probes::provider]
mod orders {
    fn nothing();
    fn request_done(id: u64);
    fn request_start(id: u64, path: &str);
    fn request_body(bytes: &[u8], status: Option<u16>);
}

fn too_few() {
    orders::request_start!(|| 1);
    orders::request_start_with(|| (1,));
}

fn too_many() {
    orders::request_start!(|| (1, "", 2));
    orders::nothing!(|| 1);
    orders::request_done!(|| (1, 2));
}

fn wrong_types() {
    orders::request_start!(|| (1, 2));
    orders::request_start_with(|| (1_u32, "/"));
    orders::request_body!(|| (7, None));
    orders::request_body!(|| (b"7", 200));
    orders::request_done!(|| Some(1));
}

fn a_parameter() {
    orders::request_done!(|id: u64| id);
}

fn no_closure() {
    orders::request_start!(1, "/");
    orders::request_start!((1, "/"));
    orders::request_done!(1);
    orders::request_done!();
    orders::nothing!(());
}

fn wrong_functions() {
    orders::request_start(1);
    orders::request_start("1", "/");
}

fn main() {
    too_few();
    too_many();
    wrong_types();
    a_parameter();
    no_closure();
    wrong_functions();
    orders::request_start!(|| (1, "/"));
    orders::request_done(1);
}
