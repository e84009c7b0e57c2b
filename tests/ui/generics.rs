//! Probes that are generic, in each way that Rust has for it.

#[usdt_probes::provider]
mod orders {
    fn typed<T>(id: T);
    fn bounded<'a, T: AsRef<str> + 'a, const N: usize>(id: T, rest: &'a [T; N]);
    fn clause<T>(id: T)
    where
        T: Copy;
    fn clause_only(id: u64) where u64: Copy;
    fn hidden(id: impl Into<u64>);
    fn hidden_behind(id: &impl AsRef<str>, name: &str);
    fn hidden_inside(ids: Option<impl Into<u64>>);
    fn request_done(id: u64);
}

fn main() {
    orders::typed(1_u8);
    orders::typed!(|| 1_u8);
    orders::bounded("a", &["b"]);
    orders::clause(1);
    orders::clause_only(1);
    orders::hidden(1_u8);
    orders::hidden!(|| 1_u8);
    orders::hidden_with(|| 1_u8);
    orders::hidden_behind(&"1", "");
    orders::hidden_inside(Some(1_u8));
    orders::request_done(1);
}
