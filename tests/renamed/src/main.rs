//! Every way to define probes, where `Cargo.toml` gives the crate another name.

#![forbid(unsafe_code)]

include!(concat!(env!("OUT_DIR"), "/store.rs"));

usdt::dtrace_provider!("orders.d", crate = usdt);

/// Probes of the program.
#[usdt::provider(crate = usdt)]
mod program {
    /// It works.
    fn working(id: &usdt::UniqueId);
    mod parts {
        /// A part of it works.
        pub fn working_part(name: &str);
    }
}

mod absolute {
    /// The path may be absolute.
    #[usdt::provider(crate = ::usdt, name = "program")]
    pub(crate) mod probes {
        fn done();
    }
}

fn main() {
    if let Err(error) = usdt::register_probes() {
        eprintln!("no probes: {error}");
    }
    let id = usdt::UniqueId::new();
    program::working!(|| &id);
    program::parts::working_part("store");
    orders::request__start!(|| (id.as_u64(), "/orders"));
    store::key__read!(|| ("key", 3));
    absolute::probes::done!();
}
