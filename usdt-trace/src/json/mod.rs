//! A firing as a line of JSON: what the command `usdt` writes.
//!
//! ```json
//! {"time":"2026-01-31T17:04:05.123456789Z","monotonic":5123456789,"pid":1234,"tid":1240,"process":"shop",
//!  "provider":"orders","probe":"request_done","args":{"id":17,"path":"/api/orders"},"late":["path"]}
//! ```
//!
//! It is written by hand, for the sake of what a tree of values would lose: integers of 128 bits, and the numbers in JSON that
//! the program sent.

mod clock;

use std::fmt::{Display, Write as _};

use serde_json::value::RawValue;

use crate::{Event, Lost, Probe, Read, Value};

pub use clock::Clock;

/// How values are written, for the help of each command that has the option.
pub const HELP: &str = "\
JSON:
  time is RFC 3339 in UTC, with nanoseconds; monotonic is the same moment in
  nanoseconds of CLOCK_MONOTONIC. args holds the arguments by name. Integers
  are numbers, whatever their size (many readers round them beyond 2^53), and
  times are nanoseconds; addresses are text, \"0x7f00\"; bytes are text of two
  hex digits a byte; floats that are no numbers are \"NaN\", \"inf\", \"-inf\";
  none is null. JSON arguments are part of the object; what doesn't parse is
  text. late and cut name arguments that were read after the firing, and may
  have changed, and those that are longer than shown. unreadable says why
  arguments, which are null, could not be read.";

/// A firing as an object without a line break. `process` is the name of its process.
pub fn event(event: &Event, process: &str, clock: &Clock) -> String {
    fields(Object::new(), event, process, clock).end()
}

/// The same, where there are objects of other types too: it begins with `"type":"firing"`.
pub fn typed_event(event: &Event, process: &str, clock: &Clock) -> String {
    typed_object(event, process, clock).end()
}

/// The same as an object that may be added to.
pub fn typed_object(event: &Event, process: &str, clock: &Clock) -> Object {
    let mut object = Object::new();
    object.text("type", "firing");
    fields(object, event, process, clock)
}

/// Probes that are watched from now on: `{"type":"watching","probes":["orders:request_start"]}`. `pid` is the process, if it is but
/// one.
pub fn watching<'p>(probes: impl IntoIterator<Item = &'p Probe>, pid: Option<u32>) -> String {
    let mut object = Object::new();
    object.text("type", "watching");
    if let Some(pid) = pid {
        object.raw("pid", &pid.to_string());
    }
    object.raw("probes", &array(probes.into_iter().map(|probe| text(&probe.full_name()))));
    object.end()
}

/// What was lost, of each probe: `[{"provider":"orders","probe":"request_start","firings":12}]`.
pub fn lost(lost: &[Lost]) -> String {
    array(lost.iter().map(|lost| counted(&lost.probe, lost.count).end()))
}

/// How often a probe fired, as an object that may be added to.
pub fn counted(probe: &Probe, firings: u64) -> Object {
    let mut object = Object::new();
    object.text("provider", &probe.provider).text("probe", &probe.name).raw("firings", &firings.to_string());
    object
}

/// An array of what is JSON already.
pub fn array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn fields(mut object: Object, event: &Event, process: &str, clock: &Clock) -> Object {
    object.key("time");
    object.0.push('"');
    clock.write_rfc3339(event.time, &mut object.0);
    object.0.push('"');
    object.number("monotonic", event.time.0).number("pid", event.pid).number("tid", event.tid);
    object.text("process", process).text("provider", &event.probe.provider).text("probe", &event.probe.name);
    object.key("args");
    let mut args = Object::within(object.0);
    for (arg, read) in event.probe.args.iter().zip(&event.values) {
        args.key(&arg.name);
        write_value(&read.value, &mut args.0);
    }
    let mut object = Object(args.end());
    for (key, is) in [("late", (|read| read.late) as fn(&Read) -> bool), ("cut", |read| read.cut)] {
        if event.values.iter().any(is) {
            let named = event.probe.args.iter().zip(&event.values).filter(|(_, read)| is(read));
            object.raw(key, &array(named.map(|(arg, _)| text(&arg.name))));
        }
    }
    if let Some(reasons) = unreadable(event) {
        object.raw("unreadable", &reasons);
    }
    object
}

fn unreadable(event: &Event) -> Option<String> {
    let mut reasons = Object::new();
    for (arg, read) in event.probe.args.iter().zip(&event.values) {
        if let Value::Unreadable(why) = read.value {
            reasons.text(&arg.name, why);
        }
    }
    (!reasons.is_empty()).then(|| reasons.end())
}

/// A value, as [`HELP`] says.
pub fn value(value: &Value) -> String {
    let mut json = String::new();
    write_value(value, &mut json);
    json
}

fn write_value(value: &Value, json: &mut String) {
    match value {
        Value::Unsigned(n) => write(json, n),
        Value::Signed(n) => write(json, n),
        Value::Float(n) if n.is_finite() => write(json, n),
        Value::Float(n) => write_text(&n.to_string(), json),
        Value::Bool(b) => write(json, b),
        Value::Char(Ok(c)) => write_text(c.encode_utf8(&mut [0; 4]), json),
        Value::Char(Err(n)) => write(json, n),
        Value::Address(a) => write(json, format_args!("\"{a:#x}\"")),
        Value::Text(text) => write_text(text, json),
        Value::Bytes(bytes) => {
            json.push('"');
            bytes.iter().for_each(|byte| write(json, format_args!("{byte:02x}")));
            json.push('"');
        }
        Value::Json(text) => match embedded(text) {
            Some(embedded) => json.push_str(&embedded),
            None => write_text(text, json),
        },
        Value::Duration(time) => write(json, time.as_nanos()),
        Value::None | Value::Unreadable(_) => json.push_str("null"),
    }
}

fn write(json: &mut String, value: impl Display) {
    // Writing into a `String` can't fail.
    let _ = write!(json, "{value}");
}

/// JSON as it was written, on one line; `None` if it is none.
fn embedded(json: &str) -> Option<String> {
    let json: &RawValue = serde_json::from_str(json).ok()?;
    // Where it is JSON, a line break can only be a gap between two words.
    Some(without_controls(&json.get().replace(['\n', '\r', '\t'], " ")))
}

/// Text in quotes.
pub fn text(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    write_text(text, &mut json);
    json
}

fn write_text(text: &str, json: &mut String) {
    // Most texts are plain, and there are many of them in each firing.
    let is_plain = |byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&without_controls(&serde_json::Value::from(text).to_string()));
    }
}

/// JSON's own rules let the control characters from 0x7f on stand in text; some terminals would obey them.
fn without_controls(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_control() {
            escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// An object that is being written.
#[derive(Debug)]
pub struct Object(String);

impl Default for Object {
    fn default() -> Object {
        Object::new()
    }
}

impl Object {
    /// An object with nothing in it.
    pub fn new() -> Object {
        Object::within(String::with_capacity(256))
    }

    /// An object behind what is written already.
    fn within(mut json: String) -> Object {
        json.push('{');
        Object(json)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        // No value ends like this.
        self.0.ends_with('{')
    }

    /// Adds text.
    pub fn text(&mut self, key: &str, value: &str) -> &mut Object {
        self.key(key);
        write_text(value, &mut self.0);
        self
    }

    /// Adds what is JSON already.
    pub fn raw(&mut self, key: &str, json: &str) -> &mut Object {
        self.key(key);
        self.0.push_str(json);
        self
    }

    fn number(&mut self, key: &str, number: impl Display) -> &mut Object {
        self.key(key);
        write(&mut self.0, number);
        self
    }

    /// Begins a member; its value is to follow.
    fn key(&mut self, key: &str) {
        if !self.is_empty() {
            self.0.push(',');
        }
        write_text(key, &mut self.0);
        self.0.push(':');
    }

    /// The whole.
    pub fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}
