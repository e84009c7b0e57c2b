//! The probes of the service as the demo reads them: one table, from which both the tracer's script and the decoding of what
//! it prints follow.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value as Json;

use super::text;

/// How one argument is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Number,
    Flag,
    Text,
    /// Nanoseconds.
    Time,
    /// An address and a length: two operands, of which the length is shown.
    Bytes,
}

/// A probe: its name, and its arguments in order.
pub(super) type Probe = (&'static str, &'static [(&'static str, Kind)]);

/// What the service's `probes.rs` says, for a tracer.
pub(super) const PROBES: &[Probe] = {
    use Kind::*;
    &[
        ("request_start", &[("id", Number), ("method", Text), ("path", Text)]),
        ("request_done", &[("id", Number), ("route", Text), ("status", Number), ("latency", Time)]),
        ("request_abandoned", &[("id", Number), ("after", Time)]),
        ("store_read", &[("key", Text), ("bytes", Number)]),
        ("store_write", &[("key", Text), ("value", Bytes)]),
        ("store_delete", &[("key", Text), ("existed", Flag)]),
        ("store_scan", &[("keys", Number), ("bytes", Number), ("took", Time)]),
        ("log_torn", &[("offset", Number), ("bytes", Number)]),
        ("log_compacted", &[("records", Number), ("took", Time)]),
    ]
};

/// The script: a line for each firing, its fields parted by tabs; and the count of answered requests, kept in the kernel.
pub(super) fn script(program: &Path) -> String {
    let mut script = String::from(r#"BEGIN { printf("attached\t%llu\n", nsecs); }"#);
    for &(name, args) in PROBES {
        let (mut format, mut values, mut operand) = (format!(r"{name}\t%llu"), String::from("nsecs"), 0);
        for &(_, kind) in args {
            let (spec, value) = match kind {
                Kind::Text => (r"\t%s", format!("str(arg{operand})")),
                Kind::Bytes => (r"\t%llu", format!("arg{}", operand + 1)),
                Kind::Number | Kind::Flag | Kind::Time => (r"\t%llu", format!("arg{operand}")),
            };
            format += spec;
            values += &format!(", {value}");
            operand += if kind == Kind::Bytes { 2 } else { 1 };
        }
        let count = if name == "request_done" { "@answered = count(); " } else { "" };
        script += &format!(
            "\nusdt:\"{}\":kv:{name} {{ {count}printf(\"{format}\\n\", {values}); }}",
            program.display()
        );
    }
    script
}

/// One thing that bpftrace said.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    /// All probes are attached; the kernel's clock stands at `nanos`.
    Attached {
        nanos: u64,
    },
    Fired(Event),
    /// So many lines did not fit into its buffers.
    Lost(u64),
    /// The kernel's own count of answered requests.
    Counted(u64),
}

/// One firing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    pub(super) name: &'static str,
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
    pub(super) fn parse(line: &str) -> Option<Self> {
        let line: Line = serde_json::from_str(line).ok()?;
        match line.r#type.as_str() {
            "printf" => Self::printed(line.data.as_str()?.trim_end_matches('\n')),
            "lost_events" => Some(Self::Lost(line.data.get("events")?.as_u64()?)),
            "map" => Some(Self::Counted(line.data.get("@answered")?.as_u64()?)),
            _ => None,
        }
    }

    fn printed(text: &str) -> Option<Self> {
        let mut fields = text.split('\t');
        let (name, nanos) = (fields.next()?, fields.next()?.parse().ok()?);
        if name == "attached" {
            return Some(Self::Attached { nanos });
        }
        let &(name, args) = PROBES.iter().find(|probe| probe.0 == name)?;
        let args = args.iter().map(|&(label, kind)| Some((label, Value::parse(kind, fields.next()?)?)));
        Some(Self::Fired(Event { name, nanos, args: args.collect::<Option<_>>()? }))
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
        })
    }
}

impl Event {
    /// The number of the request, for the probes that have one.
    pub(super) fn request(&self) -> Option<u64> {
        match self.args.first() {
            Some(&("id", Value::Number(id))) => Some(id),
            _ => None,
        }
    }

    /// Route and latency, if this is the end of a request.
    pub(super) fn answered(&self) -> Option<(&str, Duration)> {
        match (self.name, &self.args[..]) {
            ("request_done", [_, (_, Value::Text(route)), _, (_, Value::Time(latency))]) => {
                Some((route, *latency))
            }
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
    use super::*;

    #[test]
    fn a_clause_reads_what_its_probe_has() {
        let script = script(Path::new("/bin/kv"));
        let write = r#"usdt:"/bin/kv":kv:store_write { printf("store_write\t%llu\t%s\t%llu\n", nsecs, str(arg0), arg2); }"#;
        assert!(script.lines().any(|line| line == write), "{script}");
        assert_eq!(script.matches("count()").count(), 1);
    }

    #[test]
    fn a_firing_is_read_with_its_types() {
        let line = r#"{"type": "printf", "data": "request_done\t7\t3\t/kv/{key}\t404\t258224\n"}"#;
        let Some(Message::Fired(event)) = Message::parse(line) else { panic!("{line}") };
        assert_eq!((event.request(), event.nanos), (Some(3), 7));
        assert_eq!(event.answered(), Some(("/kv/{key}", Duration::from_nanos(258_224))));
        assert_eq!(event.args[2].1.to_string(), "404");
    }

    #[test]
    fn what_else_is_said() {
        let lost = Message::parse(r#"{"type": "lost_events", "data": {"events": 12}}"#);
        assert_eq!(lost, Some(Message::Lost(12)));
        let counted = Message::parse(r#"{"type": "map", "data": {"@answered": 3}}"#);
        assert_eq!(counted, Some(Message::Counted(3)));
        let attached = Message::parse(r#"{"type": "printf", "data": "attached\t99\n"}"#);
        assert_eq!(attached, Some(Message::Attached { nanos: 99 }));
        for other in ["", "not JSON", r#"{"type": "attached_probes", "data": {"probes": 4}}"#] {
            assert_eq!(Message::parse(other), None);
        }
    }
}
