//! A library with probes: a cache that tells tracers what it does. What uses it is in `app` beside this.
//!
//! On Linux the program that uses it has nothing to do for its probes. `register_probes` is offered for the systems where
//! they must be made known.

use std::collections::HashMap;

pub use usdt_probes::register_probes;

/// Probes of the cache.
#[usdt_probes::provider(name = "cache")]
pub mod probes {
    /// A key was looked up. Fired by the library.
    pub(crate) fn lookup(key: &str, found: bool);
    /// The cache was emptied. Fired by the library.
    pub(crate) fn clear(entries: usize);
    /// A value had to be made. For programs to fire, since only they know how long it took.
    pub fn fill(key: &str, took: std::time::Duration);
}

/// A cache of texts.
#[derive(Debug, Default)]
pub struct Cache {
    entries: HashMap<String, String>,
}

impl Cache {
    /// The text of the key, if it is there.
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.entries.get(key);
        probes::lookup(key, found.is_some());
        found.map(String::as_str)
    }

    /// Keeps a text.
    pub fn put(&mut self, key: &str, text: String) {
        self.entries.insert(key.to_owned(), text);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        probes::clear_with(|| self.entries.len());
        self.entries.clear();
    }
}
