//! What to record, and how much of it.

use super::format::slot;
use crate::model::glob;

/// The largest slot: what is in it is counted in 16 bits.
const MAX_SLOT: usize = 32 * 1024;
/// The smallest slot: the head of a firing and one text that is cut to 4 bytes.
const MIN_SLOT: usize = slot::VALUES + 8;

/// What to record, and how much of it.
///
/// By default the last 4096 firings of all providers, 256 bytes each, with 64 bytes of each text: 1 MiB of memory.
#[derive(Clone, Debug)]
pub struct Options {
    firings: usize,
    text: usize,
    slot: usize,
    providers: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options { firings: 4096, text: 64, slot: 256, providers: Vec::new() }
    }
}

impl Options {
    /// The default.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many firings are kept: this, rounded up to a power of two.
    #[must_use]
    pub fn firings(mut self, count: usize) -> Self {
        self.firings = count;
        self
    }

    /// How many bytes of each text are kept.
    #[must_use]
    pub fn text(mut self, bytes: usize) -> Self {
        self.text = bytes;
        self
    }

    /// The memory of each firing in bytes, 32 of which are for its time, thread and probe. It is rounded up to a multiple of 8, and is
    /// 40 at least and 32768 at most. Arguments that don't fit are left out, from the first such on.
    #[must_use]
    pub fn firing_size(mut self, bytes: usize) -> Self {
        self.slot = bytes;
        self
    }

    /// Which providers are recorded: those that one of these patterns matches. In a pattern `*` is any text, `?` any one character.
    /// Without any pattern all are.
    #[must_use]
    pub fn providers(mut self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.providers = patterns.into_iter().map(Into::into).collect();
        self
    }
}

// Only what records asks.
#[allow(dead_code)]
impl Options {
    /// The number of slots; `None` if there is no such number.
    pub(super) fn slots(&self) -> Option<usize> {
        self.firings.checked_next_power_of_two()
    }

    /// The size of a slot in bytes.
    pub(super) fn slot_size(&self) -> usize {
        self.slot.clamp(MIN_SLOT, MAX_SLOT).next_multiple_of(8)
    }

    /// How many bytes of a text are kept.
    pub(super) fn text_limit(&self) -> usize {
        self.text.min(MAX_SLOT)
    }

    /// Whether the provider is recorded.
    pub(super) fn selects(&self, provider: &str) -> bool {
        // Names of providers are ASCII.
        let matches = |pattern: &String| glob(pattern.as_bytes(), provider.as_bytes());
        self.providers.is_empty() || self.providers.iter().any(matches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_select_providers() {
        let selects =
            |patterns: &[&str], name| Options::new().providers(patterns.iter().copied()).selects(name);
        assert!(selects(&[], "orders"));
        assert!(selects(&["cache", "orders"], "orders") && !selects(&["order"], "orders"));
        assert!(selects(&["ord*"], "orders") && selects(&["*s"], "orders") && selects(&["*"], "orders"));
        assert!(selects(&["o?d*r*"], "orders") && !selects(&["?orders"], "orders"));
        assert!(selects(&["*ab"], "aabab") && !selects(&["*ab"], "aaba") && !selects(&[""], "orders"));
    }

    #[test]
    fn sizes_are_rounded_and_held_within_limits() {
        assert_eq!(Options::new().firings(1000).slots(), Some(1024));
        assert_eq!(Options::new().firings(0).slots(), Some(1));
        assert_eq!(Options::new().firings(usize::MAX).slots(), None);
        let slot = |bytes| Options::new().firing_size(bytes).slot_size();
        assert_eq!([slot(0), slot(41), slot(256), slot(usize::MAX)], [40, 48, 256, 32_768]);
    }
}
