//! The probes that ldapjs 2 defines, of which the demo watches those that its traffic meets.

use super::super::table::{Kind, Kind::*, Probe, Role, Table};

/// What they are to a tracer. All begin with the request's number, the client's address, who it is bound as and the entry's
/// name; what would make a line too long is skipped.
pub(super) const TABLE: Table = Table {
    provider: "ldapjs",
    probes: &[
        Probe { name: "server-connection", role: Role::Other, args: &[("client", Plain)] },
        start("server-bind-start", BARE),
        start("server-search-start", &[ID, PEER, WHO, DN, ("scope", Skipped), ("filter", Plain)]),
        start("server-compare-start", &[ID, PEER, WHO, DN, ("attribute", Plain), ("value", Skipped)]),
        start("server-add-start", &[ID, PEER, WHO, DN, ("attributes", Plain)]),
        start("server-modify-start", &[ID, PEER, WHO, DN, ("changes", Plain)]),
        start("server-delete-start", BARE),
        start("server-unbind-start", BARE),
        Probe {
            name: "server-search-entry",
            role: Role::Step,
            args: &[ID, PEER, WHO, ("base", Skipped), ("entry", Plain), ("attributes", Plain)],
        },
        done("server-bind-done"),
        done("server-search-done"),
        done("server-compare-done"),
        done("server-add-done"),
        done("server-modify-done"),
        done("server-delete-done"),
        done("server-unbind-done"),
    ],
};

type Arg = (&'static str, Kind);

const ID: Arg = ("id", Plain);
const PEER: Arg = ("client", Skipped);
const WHO: Arg = ("bound", Skipped);
const DN: Arg = ("dn", Plain);
const BARE: &[Arg] = &[ID, PEER, WHO, DN];

const fn start(name: &'static str, args: &'static [Arg]) -> Probe {
    Probe { name, role: Role::Start, args }
}

const fn done(name: &'static str) -> Probe {
    Probe { name, role: Role::End, args: &[ID, PEER, WHO, DN, ("status", Plain), ("error", Skipped)] }
}

/// The operation that the name of a probe speaks of, for the probes that begin or end one.
pub(super) fn operation(name: &str) -> Option<&str> {
    let name = name.strip_prefix("server-")?;
    name.strip_suffix("-start").or_else(|| name.strip_suffix("-done"))
}
