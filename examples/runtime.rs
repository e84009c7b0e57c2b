//! A provider that the program defines while it runs. Run it, with a number of rounds or for ever:
//!
//! ```text
//! cargo run --example runtime --features runtime
//! ```

use std::time::Duration;

use usdt_probes::runtime::{ArgType, Dynamic, ProbeDefinition, Provider, ProviderDefinition, Status};

/// What a configuration file might say.
const CONFIGURATION: &[(&str, &[(&str, ArgType)])] = &[
    ("request-start", &[("id", ArgType::U64), ("path", ArgType::Str)]),
    ("request-done", &[("id", ArgType::U64), ("status", ArgType::U16)]),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut definition = ProviderDefinition::new("orders");
    for (name, args) in CONFIGURATION {
        let probe = args.iter().fold(ProbeDefinition::new(*name), |probe, (name, ty)| probe.arg(*name, *ty));
        definition = definition.probe(probe);
    }
    let orders = Provider::define(definition)?;
    match orders.status() {
        Status::Visible { path } => println!(
            "bpftrace -e 'usdt:{}:orders:request__start {{ printf(\"%d %s\\n\", arg0, str(arg1)) }}'",
            path.display()
        ),
        other => println!("{other:?}"),
    }

    let [start, done] = [0, 1].map(|i| orders.probes().remove(i));
    let rounds = std::env::args().nth(1).map_or(u64::MAX, |n| n.parse().expect("a number of rounds"));
    for id in 0..rounds {
        // Typed values where the program knows them ...
        start.fire((id, "/orders"));
        std::thread::sleep(Duration::from_millis(100));
        // ... and a slice where it doesn't.
        done.fire_values(&[Dynamic::U64(id), Dynamic::F64(200.0)]);
    }
    Ok(())
}
