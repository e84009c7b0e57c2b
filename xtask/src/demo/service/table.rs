//! The probes of the service, as its `probes.rs` defines them.

use super::super::table::{Kind::*, Probe, Role, Table};

/// What its probes are to a tracer.
pub(super) const TABLE: Table = Table {
    provider: "kv",
    probes: &[
        Probe {
            name: "request_start",
            role: Role::Start,
            args: &[("id", Number), ("method", Text), ("path", Text)],
        },
        Probe {
            name: REQUEST_DONE,
            role: Role::End,
            args: &[("id", Number), ("route", Text), ("status", Number), ("latency", Time)],
        },
        Probe { name: "request_abandoned", role: Role::End, args: &[("id", Number), ("after", Time)] },
        Probe { name: "store_read", role: Role::Step, args: &[("key", Text), ("bytes", Number)] },
        Probe { name: "store_write", role: Role::Step, args: &[("key", Text), ("value", Bytes)] },
        Probe { name: "store_delete", role: Role::Step, args: &[("key", Text), ("existed", Flag)] },
        Probe {
            name: "store_scan",
            role: Role::Other,
            args: &[("keys", Number), ("bytes", Number), ("took", Time)],
        },
        Probe { name: "log_torn", role: Role::Other, args: &[("offset", Number), ("bytes", Number)] },
        Probe { name: "log_compacted", role: Role::Other, args: &[("records", Number), ("took", Time)] },
    ],
};

/// The probe that tells route and latency.
pub(super) const REQUEST_DONE: &str = "request_done";
