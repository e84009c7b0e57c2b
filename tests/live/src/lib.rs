//! The probes that several subjects share: a provider in a library, fired from other crates.

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
