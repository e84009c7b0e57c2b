//! Run it, then in another terminal:
//!
//! ```text
//! sudo bpftrace -e 'usdt:./target/debug/examples/quickstart:orders:request_start { printf("%d %s\n", arg0, str(arg1)) }'
//! ```

/// Probes of the order service.
#[usdt_probes::provider]
mod orders {
    /// A request was accepted.
    pub fn request_start(id: u64, path: &str);
    /// A request was answered.
    pub fn request_done(id: u64, status: u16);
}

fn main() {
    println!("firing; process {}", std::process::id());
    for id in 0.. {
        orders::request_start(id, "/orders");
        std::thread::sleep(std::time::Duration::from_millis(100));
        orders::request_done_with(|| (id, 200));
    }
}
