//! Probes of one name.

#[usdt_probes::provider]
mod orders {
    fn request_start(id: u64);
    fn request_start(id: u64, path: &str);
    fn store__read(id: u64);
    fn store__read(id: u64);
    #[cfg(unix)]
    fn sometimes(id: u64);
    fn sometimes(id: u64);
    pub mod store {
        pub fn request_start(path: &str);
        pub mod deep {
            pub fn r#store__read(path: &str);
        }
    }
    fn sent(id: u64);
    fn sent_with(id: u64);
    fn request_done(id: u64);
}

fn main() {
    orders::request_start(1);
    orders::request_start!(|| 1);
    orders::store__read(1);
    orders::store::request_start("");
    orders::store::request_start!(|| "");
    orders::store::deep::store__read!(|| "");
    orders::sent!(|| 1);
    orders::request_done(1);
}
