//! This project's crate, called as a function: the arguments are at hand.

#[usdt_probes::provider(name = "bench_ours")]
mod bench {
    pub fn none();
    pub fn two(a: u64, b: i32);
    pub fn text(s: &str);
    pub fn json(v: &super::super::Reply);
}

crate::rows::cases! { "ours";
    none() => bench::none();
    two(a, b) => bench::two(a, b);
    text(s) => bench::text(s);
    json(v) => bench::json(v);
}
