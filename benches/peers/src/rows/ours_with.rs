//! This project's crate, called with a closure that gives the arguments.

#[usdt_probes::provider(name = "bench_ours_with")]
mod bench {
    pub fn none();
    pub fn two(a: u64, b: i32);
    pub fn text(s: &str);
    pub fn json(v: &super::super::Reply);
}

crate::rows::cases! { "ours_with";
    none() => bench::none_with(|| ());
    two(a, b) => bench::two_with(|| (a, b));
    text(s) => bench::text_with(|| s);
    json(v) => bench::json_with(|| v);
}
