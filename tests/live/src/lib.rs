//! The probes that several subjects share: a provider in a library, fired from other crates.

use usdt_probes::runtime::{ArgType, ProbeDefinition, Provider, ProviderDefinition};

/// Probes with nothing but numbers.
#[usdt_probes::provider]
pub mod numbers {
    /// Fired as often as somebody asks.
    pub fn tick(id: u64, negative: i64);
    /// Whether the arguments are computed.
    pub fn lazy(id: u64);
    /// A number and its text: they must agree in every firing.
    pub fn pair(id: u64, text: &str, bytes: &[u8]);
}

/// A provider that several subjects, and several copies of the library, define the same.
pub fn shared() -> Provider {
    let definition = ProviderDefinition::new("shared")
        .probe(
            ProbeDefinition::new("first")
                .doc("Fired as often as somebody asks.")
                .arg("id", ArgType::U64)
                .arg("who", ArgType::Str),
        )
        .probe(ProbeDefinition::new("second-one").arg("id", ArgType::I32));
    Provider::define(definition).expect("a definition without mistakes")
}
