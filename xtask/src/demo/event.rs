//! What bpftrace says, read back with the types of the table.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value as Json;

use super::table::{Kind, Role, Table};
use super::text;

/// One thing that bpftrace said.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    /// All probes are attached; the kernel's clock stands at `nanos`.
    Attached { nanos: u64 },
    /// A probe fired.
    Fired(Event),
    /// So many lines did not fit into its buffers.
    Lost(u64),
    /// The kernel's own count of firings, by the probe's name.
    Counted(BTreeMap<&'static str, u64>),
}

/// One firing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) pid: u32,
    /// The kernel's clock at the time.
    pub(super) nanos: u64,
    pub(super) args: Vec<(&'static str, Value)>,
}

/// An argument, as its kind says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Number(u64),
    Flag(bool),
    Text(String),
    Time(Duration),
    Bytes(u64),
}

#[derive(Deserialize)]
struct Line {
    r#type: String,
    data: Json,
}

impl Message {
    /// `None` for what needs no attention.
    pub(super) fn parse(line: &str, table: &Table) -> Option<Self> {
        let line: Line = serde_json::from_str(line).ok()?;
        match line.r#type.as_str() {
            "printf" => Self::printed(line.data.as_str()?.trim_end_matches('\n'), table),
            "lost_events" => Some(Self::Lost(line.data.get("events")?.as_u64()?)),
            "map" => Self::counted(line.data.get("@fired")?.as_object()?, table),
            _ => None,
        }
    }

    fn printed(text: &str, table: &Table) -> Option<Self> {
        let mut fields = text.split('\t');
        let (name, pid) = (fields.next()?, fields.next()?.parse().ok()?);
        let nanos = fields.next()?.parse().ok()?;
        if name == "attached" {
            return Some(Self::Attached { nanos });
        }
        let probe = table.probe(name)?;
        let args = probe.read_args().map(|(label, kind)| Some((label, Value::parse(kind, fields.next()?)?)));
        let args = args.collect::<Option<_>>()?;
        Some(Self::Fired(Event { name: probe.name, role: probe.role, pid, nanos, args }))
    }

    fn counted(counts: &serde_json::Map<String, Json>, table: &Table) -> Option<Self> {
        let named = counts.iter().map(|(place, count)| {
            Some((table.probes.get(place.parse::<usize>().ok()?)?.name, count.as_u64()?))
        });
        Some(Self::Counted(named.collect::<Option<_>>()?))
    }
}

impl Value {
    fn parse(kind: Kind, text: &str) -> Option<Self> {
        Some(match kind {
            Kind::Text => Self::Text(text.to_owned()),
            Kind::Number => Self::Number(text.parse().ok()?),
            Kind::Flag => Self::Flag(text.parse::<u64>().ok()? != 0),
            Kind::Time => Self::Time(Duration::from_nanos(text.parse().ok()?)),
            Kind::Bytes => Self::Bytes(text.parse().ok()?),
            Kind::Skipped => return None,
        })
    }
}

impl Event {
    /// The process and the number of the request, for the probes that begin or end one.
    pub(super) fn request(&self) -> Option<(u32, u64)> {
        match (self.role, self.args.first()) {
            (Role::Start | Role::End, Some(&(_, Value::Number(id)))) => Some((self.pid, id)),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Time(time) => write!(f, "{}", text::time(*time)),
            Self::Bytes(length) => write!(f, "[{length} bytes]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::Probe;
    use super::*;

    const TABLE: Table = Table {
        provider: "kv",
        probes: &[
            Probe { name: "begin", role: Role::Start, args: &[] },
            Probe {
                name: "end",
                role: Role::End,
                args: &[
                    ("id", Kind::Number),
                    ("peer", Kind::Skipped),
                    ("route", Kind::Text),
                    ("status", Kind::Number),
                ],
            },
        ],
    };

    #[test]
    fn a_firing_is_read_with_its_types() {
        let line = r#"{"type": "printf", "data": "end\t42\t7\t3\t/kv/{key}\t404\n"}"#;
        let Some(Message::Fired(event)) = Message::parse(line, &TABLE) else { panic!("{line}") };
        assert_eq!((event.name, event.request(), event.nanos), ("end", Some((42, 3)), 7));
        let args: Vec<_> = event.args.iter().map(|(label, value)| format!("{label}={value}")).collect();
        assert_eq!(args, ["id=3", "route=\"/kv/{key}\"", "status=404"]);
    }

    #[test]
    fn what_else_is_said() {
        let lost = Message::parse(r#"{"type": "lost_events", "data": {"events": 12}}"#, &TABLE);
        assert_eq!(lost, Some(Message::Lost(12)));
        let counted =
            Message::parse(r#"{"type": "map", "data": {"@fired": {"1": 3, "0": 4}}}"#, &TABLE).unwrap();
        assert_eq!(counted, Message::Counted(BTreeMap::from([("begin", 4), ("end", 3)])));
        let attached = Message::parse(r#"{"type": "printf", "data": "attached\t0\t99\n"}"#, &TABLE);
        assert_eq!(attached, Some(Message::Attached { nanos: 99 }));
        for other in ["", "not JSON", r#"{"type": "attached_probes", "data": {"probes": 4}}"#] {
            assert_eq!(Message::parse(other, &TABLE), None);
        }
    }
}
