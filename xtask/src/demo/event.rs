//! What the tracer says: a JSON object a line.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;

use super::table::{Kind, Role, Table};
use super::text;

/// One thing that the tracer said.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    /// These probes are watched now, in this process, or wherever they are (0).
    Watching { pid: u32, probes: Vec<String> },
    /// A probe fired.
    Fired(Event),
    /// So many firings were lost.
    Lost(u64),
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
    Text(String),
    Time(Duration),
    Bytes(usize),
    /// What else there is, as JSON writes it.
    Other(String),
}

/// A line, whichever it is.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line {
    Firing(Firing),
    Watching {
        probes: Vec<String>,
        #[serde(default)]
        pid: u32,
    },
    Summary {
        lost: Vec<Count>,
    },
}

/// Firings of one probe.
#[derive(Deserialize)]
struct Count {
    firings: u64,
}

/// A line about a firing.
#[derive(Deserialize)]
struct Firing {
    provider: String,
    probe: String,
    pid: u32,
    monotonic: u64,
    args: Args,
}

/// The values of an object, in the order of the probe's arguments.
struct Args(Vec<Json>);

impl Message {
    /// `None` for what needs no attention.
    pub(super) fn parse(line: &str, table: &Table) -> Option<Self> {
        match serde_json::from_str(line).ok()? {
            Line::Firing(firing) => Self::fired(firing, table),
            Line::Watching { probes, pid } => Some(Self::Watching { pid, probes }),
            Line::Summary { lost } => Some(Self::Lost(lost.iter().map(|lost| lost.firings).sum())),
        }
    }

    fn fired(firing: Firing, table: &Table) -> Option<Self> {
        let probe = table.probe(&firing.probe.replace("__", "-")).or_else(|| table.probe(&firing.probe))?;
        if firing.provider != table.provider {
            return None;
        }
        let args = probe.args.iter().zip(firing.args.0);
        let args = args.filter_map(|(&(label, kind), value)| Some((label, Value::new(kind, value)?)));
        let (pid, nanos) = (firing.pid, firing.monotonic);
        Some(Self::Fired(Event { name: probe.name, role: probe.role, pid, nanos, args: args.collect() }))
    }
}

impl<'de> Deserialize<'de> for Args {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values;

        impl<'de> Visitor<'de> for Values {
            type Value = Args;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Args, A::Error> {
                let mut values = Vec::new();
                while let Some((_, value)) = map.next_entry::<String, Json>()? {
                    values.push(value);
                }
                Ok(Args(values))
            }
        }

        deserializer.deserialize_map(Values)
    }
}

impl Value {
    fn new(kind: Kind, value: Json) -> Option<Self> {
        Some(match (kind, value) {
            (Kind::Skipped, _) => return None,
            (Kind::Time, Json::Number(nanos)) => Self::Time(Duration::from_nanos(nanos.as_u64()?)),
            (Kind::Bytes, Json::String(digits)) => Self::Bytes(digits.len() / 2),
            (_, Json::String(text)) => Self::Text(text),
            (_, Json::Number(number)) if number.is_u64() => Self::Number(number.as_u64()?),
            (_, other) => Self::Other(other.to_string()),
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
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Time(time) => write!(f, "{}", text::time(*time)),
            Self::Bytes(length) => write!(f, "[{length} bytes]"),
            Self::Other(json) => f.write_str(json),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::Probe;
    use super::*;

    const TABLE: Table = Table {
        provider: "kv",
        probes: &[Probe {
            name: "end-of",
            role: Role::End,
            args: &[
                ("id", Kind::Plain),
                ("peer", Kind::Skipped),
                ("route", Kind::Plain),
                ("took", Kind::Time),
                ("body", Kind::Bytes),
                ("existed", Kind::Plain),
            ],
        }],
    };

    #[test]
    fn a_firing_is_read_in_the_order_of_its_arguments() {
        let line = r#"{"type":"firing","pid":42,"monotonic":7,"provider":"kv","probe":"end__of","args":{"z":3,"y":"me","x":"/kv","w":1500,"v":"00ff","u":true}}"#;
        let Some(Message::Fired(event)) = Message::parse(line, &TABLE) else { panic!("{line}") };
        assert_eq!((event.name, event.request(), event.nanos), ("end-of", Some((42, 3)), 7));
        let args: Vec<_> = event.args.iter().map(|(label, value)| format!("{label}={value}")).collect();
        assert_eq!(args, ["id=3", "route=\"/kv\"", "took=1.50 µs", "body=[2 bytes]", "existed=true"]);
    }

    #[test]
    fn what_else_is_said() {
        assert_eq!(
            Message::parse(r#"{"type":"summary","counts":[],"lost":[{"firings":5},{"firings":7}]}"#, &TABLE),
            Some(Message::Lost(12))
        );
        let watching = Message::Watching { pid: 7, probes: vec!["kv:end".to_owned()] };
        assert_eq!(
            Message::parse(r#"{"type":"watching","probes":["kv:end"],"pid":7}"#, &TABLE),
            Some(watching)
        );
        for other in ["", "not JSON", "{}"] {
            assert_eq!(Message::parse(other, &TABLE), None);
        }
    }
}
