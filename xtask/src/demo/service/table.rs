//! The probes of the service, as its `probes.rs` defines them.

use super::super::table::{Kind::*, Probe, Role, Table};

/// What its probes are to a tracer.
pub(super) const TABLE: Table = Table {
    provider: "kv",
    probes: &[
        Probe {
            name: "request_start",
            role: Role::Start,
            args: &[("id", Plain), ("method", Plain), ("path", Plain)],
        },
        Probe {
            name: REQUEST_DONE,
            role: Role::End,
            args: &[("id", Plain), ("route", Plain), ("status", Plain), ("latency", Time)],
        },
        Probe { name: "request_abandoned", role: Role::End, args: &[("id", Plain), ("after", Time)] },
        Probe { name: "store_read", role: Role::Step, args: &[("key", Plain), ("bytes", Plain)] },
        Probe { name: "store_write", role: Role::Step, args: &[("key", Plain), ("value", Bytes)] },
        Probe { name: "store_delete", role: Role::Step, args: &[("key", Plain), ("existed", Plain)] },
        Probe {
            name: "store_scan",
            role: Role::Other,
            args: &[("keys", Plain), ("bytes", Plain), ("took", Time)],
        },
        Probe { name: "log_torn", role: Role::Other, args: &[("offset", Plain), ("bytes", Plain)] },
        Probe { name: "log_compacted", role: Role::Other, args: &[("records", Plain), ("took", Time)] },
    ],
};

/// The probe that tells route and latency.
pub(super) const REQUEST_DONE: &str = "request_done";
