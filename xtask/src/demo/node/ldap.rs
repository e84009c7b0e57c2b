//! What the example's `traffic.js` says that it sent, and which firings follow from that.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::super::report::Sent;
use super::table::{TABLE, operation};

/// Requests that were answered, by operation; the entries that searches found; the connections.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Counts {
    requests: BTreeMap<String, u64>,
    entries: u64,
    connections: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        for (operation, count) in other.requests {
            *self.requests.entry(operation).or_default() += count;
        }
        self.entries += other.entries;
        self.connections += other.connections;
    }
}

impl Counts {
    /// How often each probe of the table must have fired.
    pub(super) fn firings(&self) -> Result<Sent> {
        for operation in self.requests.keys() {
            let name = format!("server-{operation}-done");
            TABLE
                .probe(&name)
                .with_context(|| format!("the traffic has a request without a probe: {name}"))?;
        }
        let of = |name: &str| match operation(name) {
            Some(operation) => self.requests.get(operation).copied().unwrap_or_default(),
            None if name == "server-connection" => self.connections,
            None => self.entries,
        };
        Ok(TABLE.probes.iter().map(|probe| (probe.name, of(probe.name))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_programs_said_what_they_sent() {
        let mut counts: Counts =
            serde_json::from_str(r#"{"requests": {"search": 2, "bind": 1}, "entries": 9, "connections": 1}"#)
                .unwrap();
        counts +=
            serde_json::from_str(r#"{"requests": {"search": 3}, "entries": 1, "connections": 1}"#).unwrap();
        let firings = counts.firings().unwrap();
        let names = ["server-search-start", "server-search-done", "server-search-entry", "server-bind-done"];
        assert_eq!(names.map(|name| firings[name]), [5, 5, 10, 1]);
        assert_eq!((firings["server-connection"], firings["server-add-start"]), (2, 0));
    }

    #[test]
    fn a_request_that_nobody_watches_is_an_error() {
        let counts: Counts =
            serde_json::from_str(r#"{"requests": {"exop": 2}, "entries": 0, "connections": 0}"#).unwrap();
        assert!(counts.firings().is_err());
    }
}
