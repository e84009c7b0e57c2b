//! The bytes of a slot → a value for each argument.

use usdt_core::model::ArgType;
use usdt_core::recorder::format::{CUT, NOTHING};

use super::memory::{u16_at, u64_at};
use crate::decode::{self, Operand};
use crate::machine::{Fetched, Memory, Raw};
use crate::{Arg, Kind, Read, Value};

/// The values of these arguments; the first `count` of them are in the slot.
pub(super) fn values(args: &[Arg], count: usize, bytes: &[u8]) -> Vec<Read> {
    let mut rest = Some(bytes);
    let one = |(i, arg): (usize, &Arg)| {
        if i >= count {
            return unreadable("it didn't fit");
        }
        let value = rest.and_then(|bytes| value(arg.kind, bytes));
        rest = value.as_ref().map(|(_, behind)| *behind);
        value.map_or_else(|| unreadable("it was damaged"), |(value, _)| value)
    };
    args.iter().enumerate().map(one).collect()
}

/// The value that the bytes begin with, and those behind it.
fn value(kind: Kind, bytes: &[u8]) -> Option<(Read, &[u8])> {
    use ArgType::{Bytes, CStr, Json, JsonResult, Str};
    match kind {
        Kind::Described(ty @ (Str | CStr | Json | JsonResult | Bytes)) => text(ty, bytes),
        _ => {
            let (own, behind) = bytes.split_at_checked(kind.operands() * 8)?;
            let raw = |offset| Some(Ok(Raw { bits: u64_at(own, offset)?, late: false }));
            let operands: Vec<Operand> = (0..own.len()).step_by(8).map(raw).collect::<Option<_>>()?;
            Some((decode::value(kind, &operands, &Nowhere, 0), behind))
        }
    }
}

/// A text: its length, its flags, its bytes.
fn text(ty: ArgType, bytes: &[u8]) -> Option<(Read, &[u8])> {
    const HEAD: usize = 4;
    let (length, flags) = (usize::from(u16_at(bytes, 0)?), u16_at(bytes, 2)?);
    let (own, behind) = bytes.split_at_checked((HEAD + length).next_multiple_of(8))?;
    let (text, cut) = (&own[HEAD..HEAD + length], flags & CUT != 0);
    let value = match ty {
        _ if flags & NOTHING != 0 => Value::None,
        ArgType::Bytes => Value::Bytes(text.to_vec()),
        ArgType::Json | ArgType::JsonResult => Value::Json(decode::text(text, cut)),
        _ => Value::Text(decode::text(text, cut)),
    };
    Some((Read { value, late: false, cut }, behind))
}

fn unreadable(why: &'static str) -> Read {
    Read::exact(Value::Unreadable(why))
}

/// Nothing in a slot is an address of text.
struct Nowhere;

impl Memory for Nowhere {
    fn at_hand(&self, _: u64) -> &[u8] {
        &[]
    }

    fn read(&self, _: u64, _: &mut [u8]) -> Result<Fetched, &'static str> {
        Err("not in memory")
    }
}
