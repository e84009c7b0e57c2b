//! Values, as a firing carried them.

use std::fmt;

/// The value of an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An unsigned integer.
    Unsigned(u128),
    /// A signed integer.
    Signed(i128),
    /// A float.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// A character; the number where it is none.
    Char(Result<char, u32>),
    /// An address.
    Address(u64),
    /// Text. What is not UTF-8 in it was replaced.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// JSON, as the program wrote it.
    Json(String),
    /// A length of time.
    Duration(std::time::Duration),
    /// `None`: the address of a text, or of bytes, was 0.
    None,
    /// It could not be read; the text says why.
    Unreadable(&'static str),
}

/// A value, and how it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The value.
    pub value: Value,
    /// It was read from the process's memory after the firing, and may have changed since.
    pub late: bool,
    /// More of it was there than was read.
    pub cut: bool,
}

impl Read {
    /// A value that came with the firing itself, whole.
    pub fn exact(value: Value) -> Read {
        Read { value, late: false, cut: false }
    }
}

/// As people read it: `17`, `-1`, `"text"`, `true`, `0x7f00`, `12.5µs`, `none`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Unsigned(n) => write!(f, "{n}"),
            Value::Signed(n) => write!(f, "{n}"),
            Value::Float(n) => write!(f, "{n}"),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Char(Ok(c)) => write!(f, "{c:?}"),
            Value::Char(Err(n)) => write!(f, "{n:#x}"),
            Value::Address(a) => write!(f, "{a:#x}"),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Bytes(bytes) => write!(f, "b\"{}\"", bytes.escape_ascii()),
            Value::Json(json) => f.write_str(json),
            Value::Duration(time) => write!(f, "{time:?}"),
            Value::None => f.write_str("none"),
            Value::Unreadable(why) => write!(f, "<{why}>"),
        }
    }
}
