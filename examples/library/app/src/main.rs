//! Uses a library with probes, and fires one of them. It depends on the library alone. Run it with
//! `cargo run -p example-app` (and a number of rounds, or for ever), then in another terminal:
//!
//! ```text
//! sudo bpftrace -e 'usdt:./target/debug/example-app:cache:* { @[probe] = count(); }'
//! ```

use std::time::{Duration, Instant};

use example_library::{Cache, probes};

fn main() {
    let rounds = std::env::args().nth(1).map_or(u64::MAX, |n| n.parse().expect("a number of rounds"));
    // Where the kernel has to be told of them; on Linux this does nothing.
    if let Err(problem) = example_library::register_probes() {
        eprintln!("{problem}");
    }
    println!("firing; process {}", std::process::id());
    let mut cache = Cache::default();
    for round in 0..rounds {
        let key = format!("key {}", round % 4);
        if cache.get(&key).is_none() {
            let start = Instant::now();
            std::thread::sleep(Duration::from_millis(50));
            cache.put(&key, format!("text {round}"));
            probes::fill!(|| (&key, start.elapsed()));
        }
        if round % 20 == 19 {
            cache.clear();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
