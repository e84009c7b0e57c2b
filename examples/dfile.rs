//! Probes of a D file, `orders.d` beside this one. Run it (with a number of rounds, or for ever), then in another
//! terminal:
//!
//! ```text
//! sudo bpftrace -e 'usdt:./target/debug/examples/dfile:orders:request__done { @[arg1] = count(); }'
//! ```

usdt_probes::dtrace_provider!("examples/orders.d");

fn main() {
    let rounds = std::env::args().nth(1).map_or(u64::MAX, |n| n.parse().expect("a number of rounds"));
    println!("firing; process {}", std::process::id());
    for id in 0..rounds {
        orders::request__start(id, "/orders");
        std::thread::sleep(std::time::Duration::from_millis(100));
        orders::request__done_with(|| (id, if id % 10 == 9 { 500 } else { 200 }));
    }
}
