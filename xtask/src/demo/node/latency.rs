//! Latencies of a server that doesn't measure them itself: from one firing to the other, on the kernel's clock.

use std::collections::HashMap;
use std::time::Duration;

use super::super::event::Event;
use super::super::watch::Clock;
use super::table::operation;

/// The firings that wait for the other one of their request.
#[derive(Debug, Default)]
pub(super) struct Pairs(HashMap<(u32, u64), u64>);

impl Clock for Pairs {
    fn latency(&mut self, event: &Event) -> Option<(String, Duration)> {
        let request = event.request()?;
        // The lines of two CPUs may come out of order, so either may be the first.
        let Some(other) = self.0.remove(&request) else {
            self.0.insert(request, event.nanos);
            return None;
        };
        Some((operation(event.name)?.to_owned(), Duration::from_nanos(event.nanos.abs_diff(other))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::event::Value;
    use super::super::table::TABLE;
    use super::*;

    fn event(name: &str, pid: u32, nanos: u64) -> Event {
        let probe = TABLE.probe(name).unwrap();
        let args = vec![("id", Value::Number(1))];
        Event { name: probe.name, role: probe.role, pid, nanos, args }
    }

    #[test]
    fn a_request_is_a_number_in_a_process() {
        let mut pairs = Pairs::default();
        assert_eq!(pairs.latency(&event("server-add-start", 7, 1_000)), None);
        assert_eq!(pairs.latency(&event("server-search-done", 8, 5_000)), None);
        assert_eq!(pairs.latency(&event("server-search-entry", 8, 4_000)), None);
        let search = pairs.latency(&event("server-search-start", 8, 3_000));
        assert_eq!(search, Some(("search".to_owned(), Duration::from_nanos(2_000))));
        let add = pairs.latency(&event("server-add-done", 7, 8_000));
        assert_eq!(add, Some(("add".to_owned(), Duration::from_nanos(7_000))));
    }
}
