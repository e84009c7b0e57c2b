//! Arguments that are whole structures, as JSON. Run it with `--features json` (and a number of rounds, or for ever), then
//! in another terminal:
//!
//! ```text
//! sudo bpftrace -e 'usdt:./target/debug/examples/json:orders:request_start { printf("%s\n", str(arg0)) }'
//! sudo dtrace -n 'orders*:::request_start { printf("%s", json(copyinstr(arg0), "ok.items[0]")) }'
//! ```

/// What somebody wants.
#[derive(serde::Serialize)]
struct Order {
    id: u64,
    items: Vec<&'static str>,
}

/// Probes of the order service.
#[usdt_probes::provider]
mod orders {
    use super::Order;
    /// An order came in. A tracer reads `{"ok":{"id":0,"items":["tea"]}}`.
    fn request_start(order: &Order);
    /// It is on its way. A tracer reads `["tea"]`.
    fn request_done(id: u64, #[json] items: &[&str]);
}

fn main() {
    let rounds = std::env::args().nth(1).map_or(u64::MAX, |n| n.parse().expect("a number of rounds"));
    println!("firing; process {}", std::process::id());
    for id in 0..rounds {
        let order = Order { id, items: vec!["tea", "biscuits"] };
        orders::request_start!(|| &order);
        std::thread::sleep(std::time::Duration::from_millis(100));
        orders::request_done(order.id, &order.items);
    }
}
