//! Names: where in a firing a value is found.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use usdt_trace::{Event, Probe, Read, Value};

use super::comparable::{Comparable, Number};

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// The process.
    Pid,
    /// The thread.
    Tid,
    /// The name of the process.
    Comm,
    /// The name of the probe.
    Probe,
    /// The name of its provider.
    Provider,
    /// An argument.
    Argument(String),
}

/// The names that every firing has.
const FIELDS: [(&str, Name); 5] = [
    ("pid", Name::Pid),
    ("tid", Name::Tid),
    ("comm", Name::Comm),
    ("probe", Name::Probe),
    ("provider", Name::Provider),
];

impl Name {
    /// What this name means. A field is preferred to an argument, which can still be had by its number.
    pub(crate) fn of(text: &str) -> Name {
        let field = FIELDS.iter().find(|(name, _)| *name == text);
        field.map_or_else(|| Name::Argument(text.to_owned()), |(_, field)| field.clone())
    }

    /// The names that there are in firings of these probes, for a message.
    pub(crate) fn all<'p>(probes: impl IntoIterator<Item = &'p Probe>) -> String {
        let mut names: Vec<&str> = Vec::new();
        let arguments = probes.into_iter().flat_map(|probe| probe.args.iter().map(|arg| arg.name.as_str()));
        for name in arguments.chain(FIELDS.iter().map(|(name, _)| *name)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(", ")
    }

    /// Whether firings of a probe have it.
    pub(crate) fn is_in(&self, probe: &Probe) -> bool {
        match self {
            Name::Argument(name) => position(probe, name).is_some(),
            _ => true,
        }
    }

    /// The value in a firing, as it was read; `None` if its probe has no such argument.
    pub(crate) fn read(&self, event: &Event, comm: &str) -> Option<Read> {
        Some(Read::exact(match self {
            Name::Argument(name) => return event.values.get(position(&event.probe, name)?).cloned(),
            Name::Pid => Value::Unsigned(event.pid.into()),
            Name::Tid => Value::Unsigned(event.tid.into()),
            Name::Comm => Value::Text(comm.to_owned()),
            Name::Probe => Value::Text(event.probe.name.clone()),
            Name::Provider => Value::Text(event.probe.provider.clone()),
        }))
    }

    /// The value in a firing, to be compared; `None` if there is none, or it could not be read.
    pub(super) fn value<'e>(&self, event: &'e Event, comm: &'e str) -> Option<Comparable<'e>> {
        Some(match self {
            Name::Argument(name) => {
                let value: &Value = &event.values.get(position(&event.probe, name)?)?.value;
                return Comparable::of(value);
            }
            Name::Pid => Comparable::Number(Number::Unsigned(event.pid.into())),
            Name::Tid => Comparable::Number(Number::Unsigned(event.tid.into())),
            Name::Comm => Comparable::Text(comm.into()),
            Name::Probe => Comparable::Text(event.probe.name.as_str().into()),
            Name::Provider => Comparable::Text(event.probe.provider.as_str().into()),
        })
    }
}

impl FromStr for Name {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Name, Infallible> {
        Ok(Name::of(text))
    }
}

/// As it is written.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Argument(name) => f.write_str(name),
            field => {
                FIELDS.iter().filter(|(_, other)| other == field).try_for_each(|(name, _)| f.write_str(name))
            }
        }
    }
}

/// Which argument of a probe has this name, or this number: `arg0` is the first.
pub(crate) fn position(probe: &Probe, name: &str) -> Option<usize> {
    probe.args.iter().position(|arg| arg.name == name).or_else(|| {
        let number = name.strip_prefix("arg")?.parse().ok()?;
        (number < probe.args.len()).then_some(number)
    })
}
