//! What makes a start and a done one pair.

use std::convert::Infallible;
use std::str::FromStr;

use usdt_trace::{Event, Value};

use crate::condition::position;

/// `--key ARG`, or `--key START_ARG=DONE_ARG`: the argument that both have, and that is the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyNames {
    pub(crate) start: String,
    pub(crate) done: String,
}

impl FromStr for KeyNames {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<KeyNames, Infallible> {
        let (start, done) = text.split_once('=').unwrap_or((text, text));
        Ok(KeyNames { start: start.to_owned(), done: done.to_owned() })
    }
}

/// How starts find their dones.
#[derive(Clone, Debug)]
pub(crate) enum PairedBy {
    /// In the same thread: the latest start that is not done yet, as calls nest.
    Thread,
    /// With the same value; in the same process, or `across` all of them.
    Key { names: KeyNames, across: bool },
}

/// What is the same in both.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Thread { pid: u32, tid: u32 },
    Value { pid: Option<u32>, value: KeyValue },
}

/// A value that can be looked up. A number is the same number whatever type the two probes declare for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum KeyValue {
    Number(i128),
    Huge(u128),
    Float(u64),
    Text(Box<str>),
    Bytes(Box<[u8]>),
    None,
}

/// Which of the two a firing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Start,
    Done,
}

impl PairedBy {
    /// The key of a firing; `None` if it doesn't have the argument, or it could not be read.
    pub(super) fn key(&self, event: &Event, role: Role) -> Option<Key> {
        match self {
            PairedBy::Thread => Some(Key::Thread { pid: event.pid, tid: event.tid }),
            PairedBy::Key { names, across } => {
                let name = if role == Role::Start { &names.start } else { &names.done };
                let read = event.values.get(position(&event.probe, name)?)?;
                let value = KeyValue::of(&read.value)?;
                Some(Key::Value { pid: (!across).then_some(event.pid), value })
            }
        }
    }
}

impl Key {
    /// How many bytes it has besides itself.
    pub(super) fn weight(&self) -> usize {
        match self {
            Key::Value { value: KeyValue::Text(text), .. } => text.len(),
            Key::Value { value: KeyValue::Bytes(bytes), .. } => bytes.len(),
            _ => 0,
        }
    }
}

impl KeyValue {
    fn of(value: &Value) -> Option<KeyValue> {
        Some(match value {
            Value::Unsigned(n) => i128::try_from(*n).map_or(KeyValue::Huge(*n), KeyValue::Number),
            Value::Signed(n) => KeyValue::Number(*n),
            Value::Float(n) => KeyValue::Float(n.to_bits()),
            Value::Bool(b) => KeyValue::Number(i128::from(*b)),
            Value::Char(c) => KeyValue::Number(i128::from(c.map_or_else(|n| n, u32::from))),
            Value::Address(a) => KeyValue::Number(i128::from(*a)),
            Value::Text(text) | Value::Json(text) => KeyValue::Text(text.as_str().into()),
            Value::Bytes(bytes) => KeyValue::Bytes(bytes.as_slice().into()),
            Value::Duration(time) => KeyValue::Number(i128::try_from(time.as_nanos()).ok()?),
            Value::None => KeyValue::None,
            Value::Unreadable(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_name_or_two() {
        let names = |start: &str, done: &str| KeyNames { start: start.into(), done: done.into() };
        assert_eq!("id".parse(), Ok(names("id", "id")));
        assert_eq!("id=request".parse(), Ok(names("id", "request")));
    }

    #[test]
    fn a_number_is_the_same_in_every_type() {
        let seven = KeyValue::of(&Value::Unsigned(7));
        for value in [Value::Signed(7), Value::Address(7), Value::Char(Err(7))] {
            assert_eq!(KeyValue::of(&value), seven);
        }
        assert_ne!(KeyValue::of(&Value::Signed(-1)), KeyValue::of(&Value::Unsigned(u128::MAX)));
        assert_ne!(KeyValue::of(&Value::Text("7".into())), seven);
        assert_eq!(KeyValue::of(&Value::Unreadable("gone")), None);
    }
}
