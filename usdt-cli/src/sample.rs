//! Probes and firings for tests.

use std::path::PathBuf;
use std::sync::Arc;

use usdt_core::model::{Architecture, ArgType};
use usdt_core::stapsdt::operand::{Sort, Width};
use usdt_trace::{Arg, Event, Kind, Object, Probe, Read, Time, Value};

/// `orders:request_done(id: u64, status: u16, path: str)`.
pub(crate) fn done() -> Arc<Probe> {
    probe("orders", "request_done", &[("id", ArgType::U64), ("status", ArgType::U16), ("path", ArgType::Str)])
}

/// A firing of it.
pub(crate) fn event() -> Event {
    let values = [Value::Unsigned(17), Value::Unsigned(500), Value::Text("/api/orders".to_owned())];
    firing(&done(), values.map(Read::exact))
}

/// A probe that a note describes.
pub(crate) fn probe(provider: &str, name: &str, args: &[(&str, ArgType)]) -> Arc<Probe> {
    let arg = |&(name, ty): &(&str, ArgType)| Arg {
        name: name.to_owned(),
        kind: Kind::Described(ty),
        spelling: ty.spelling().to_owned(),
    };
    with_args(provider, name, args.iter().map(arg).collect())
}

/// A probe of which nothing is known but that it has so many operands.
pub(crate) fn operands(provider: &str, name: &str, count: usize) -> Arc<Probe> {
    let width = Width { bytes: 8, sort: Sort::Unsigned };
    let arg = |i| Arg { name: format!("arg{i}"), kind: Kind::Operand(width), spelling: "u64".to_owned() };
    with_args(provider, name, (0..count).map(arg).collect())
}

fn with_args(provider: &str, name: &str, args: Vec<Arg>) -> Arc<Probe> {
    let object = Object {
        path: PathBuf::from("/bin/shop"),
        open: PathBuf::from("/bin/shop"),
        identity: (1, 2),
        architecture: Architecture::X86_64,
        build_id: Vec::new(),
    };
    Arc::new(Probe {
        object: Arc::new(object),
        provider: provider.to_owned(),
        name: name.to_owned(),
        doc: String::new(),
        args,
        sites: Vec::new(),
    })
}

/// A firing in the process 1234, the thread 1240, 5 µs after the clock began.
pub(crate) fn firing(probe: &Arc<Probe>, values: impl IntoIterator<Item = Read>) -> Event {
    Event {
        time: Time(5_000),
        pid: 1234,
        tid: 1240,
        cpu: 0,
        probe: Arc::clone(probe),
        site: 0,
        values: values.into_iter().collect(),
        stack: Vec::new(),
    }
}
