//! Keeps its last firings in memory, and dies: `usdt core` shows what it did last.
//!
//! ```text
//! ulimit -c unlimited; cargo run --example recorder --features runtime,recorder; usdt core core
//! ```

use usdt_probes::recorder::{self, Options};
use usdt_probes::runtime::{ArgType, ProbeDefinition, Provider, ProviderDefinition};

/// What the program says of itself. Nothing in it knows of a recorder.
#[usdt_probes::provider]
mod shop {
    /// Something was sold.
    pub(crate) fn sold(id: u64, what: &str);
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Providers that are defined while the program runs are recorded too.
    let order = ProbeDefinition::new("order").arg("id", ArgType::U64).arg("shelf", ArgType::Str);
    let stock = Provider::define(ProviderDefinition::new("stock").probe(order))?;
    let order = stock.probe("order").ok_or("it was just defined")?;

    recorder::start(Options::new().firings(1024))?;
    for id in 0..5000_u64 {
        shop::sold(id, if id.is_multiple_of(2) { "bread" } else { "cake" });
        if id.is_multiple_of(5) {
            order.fire((id, "bakery"));
        }
    }
    std::process::abort();
}
