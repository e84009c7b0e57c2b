//! Firings made by hand.

use usdt_core::model::ArgType;
use usdt_trace::{Event, Read, Time, Value};

use crate::sample;

pub(super) fn number(n: u64) -> Value {
    Value::Unsigned(n.into())
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A firing of `orders:NAME` at that nanosecond, in thread 1 of process 1.
pub(super) fn at(time: u64, name: &str, args: &[(&str, Value)]) -> Event {
    let ty = |value: &Value| if matches!(value, Value::Text(_)) { ArgType::Str } else { ArgType::U64 };
    let types: Vec<(&str, ArgType)> = args.iter().map(|(name, value)| (*name, ty(value))).collect();
    let probe = sample::probe("orders", name, &types);
    let values = args.iter().map(|(_, value)| Read::exact(value.clone()));
    Event { time: Time(time), pid: 1, tid: 1, ..sample::firing(&probe, values) }
}

/// The same without arguments, in a thread.
pub(super) fn in_thread(time: u64, name: &str, tid: u32) -> Event {
    Event { tid, ..at(time, name, &[]) }
}
