//! Keeps its last firings in memory, and dies: `usdt core` shows what it did last.
//!
//! ```text
//! ulimit -c unlimited; cargo run --example recorder --features runtime,recorder; usdt core core
//! ```

use usdt_probes::recorder::{self, Options};
use usdt_probes::runtime::{ArgType, ProbeDefinition, Provider, ProviderDefinition};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sold = ProbeDefinition::new("sold").arg("id", ArgType::U64).arg("what", ArgType::Str);
    let shop = Provider::define(ProviderDefinition::new("shop").probe(sold))?;
    let sold = shop.probe("sold").ok_or("it was just defined")?;
    recorder::start(Options::new().firings(1024))?;
    for id in 0..5000_u64 {
        sold.fire((id, if id.is_multiple_of(2) { "bread" } else { "cake" }));
    }
    std::process::abort();
}
