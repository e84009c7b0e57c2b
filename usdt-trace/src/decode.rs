//! What operands mean: the bits of one or two of them, and what they point at, become a value.

use std::time::Duration;

use usdt_core::model::ArgType;
use usdt_core::stapsdt::operand::{Sort, Width};

use crate::machine::{Memory, Raw};
use crate::{Kind, Read, Value};

/// An operand that was read, or why it couldn't be.
pub type Operand = Result<Raw, &'static str>;

/// The values of a firing's arguments: one for each kind, in their order.
///
/// `limit` is the most bytes of a text that are read.
pub fn values(kinds: &[Kind], operands: &[Operand], memory: &impl Memory, limit: usize) -> Vec<Read> {
    let mut rest = operands;
    let one = |&kind: &Kind| {
        let (own, others) = rest.split_at_checked(kind.operands()).unwrap_or((&[], &[]));
        rest = others;
        value(kind, own, memory, limit)
    };
    kinds.iter().map(one).collect()
}

/// The value of one argument; `operands` are its own.
pub fn value(kind: Kind, operands: &[Operand], memory: &impl Memory, limit: usize) -> Read {
    let read = match *operands {
        [Ok(raw)] => Ok(of_one(kind, raw, memory, limit)),
        [Ok(first), Ok(second)] => Ok(of_two(kind, first, second, memory, limit)),
        [Err(why), ..] | [_, Err(why), ..] => Err(why),
        _ => Err("no operand"),
    };
    read.unwrap_or_else(unreadable)
}

/// The text at an address: up to a NUL byte, or to `limit` bytes. What is not UTF-8 in it is replaced.
pub fn text_at(address: u64, memory: &impl Memory, limit: usize) -> Read {
    if address == 0 {
        return Read::exact(Value::None);
    }
    let at_hand = memory.at_hand(address);
    let at_hand = &at_hand[..at_hand.len().min(limit.saturating_add(1))];
    match end_of_text(at_hand) {
        Some(end) => Read::exact(Value::Text(text(&at_hand[..end], false))),
        None => long_text(address, at_hand, memory, limit),
    }
}

/// `length` bytes at an address, or the first `limit` of them.
pub fn bytes_at(address: u64, length: u64, memory: &impl Memory, limit: usize) -> Read {
    if address == 0 && length == 0 {
        return Read::exact(Value::None);
    }
    let wanted = usize::try_from(length).unwrap_or(usize::MAX).min(limit);
    let cut = wanted as u64 != length;
    let at_hand = memory.at_hand(address);
    if let Some(bytes) = at_hand.get(..wanted) {
        return Read { value: Value::Bytes(bytes.to_vec()), late: false, cut };
    }
    let mut bytes = at_hand.to_vec();
    match read_on(address, &mut bytes, wanted, memory, |_| false) {
        Err(why) => unreadable(why),
        Ok(late) => Read { cut: cut || bytes.len() < wanted, value: Value::Bytes(bytes), late },
    }
}

fn of_one(kind: Kind, raw: Raw, memory: &impl Memory, limit: usize) -> Read {
    use ArgType::*;
    let Raw { bits, late } = raw;
    let value = match kind {
        Kind::Operand(width) => number(bits, width),
        Kind::Described(U8 | U16 | U32 | U64) => Value::Unsigned(bits.into()),
        Kind::Described(I8 | I16 | I32 | I64) => Value::Signed(bits.cast_signed().into()),
        Kind::Described(Bool) => Value::Bool(bits != 0),
        Kind::Described(Char) => Value::Char(char::from_u32(low_half(bits)).ok_or(low_half(bits))),
        Kind::Described(F32) => Value::Float(f32::from_bits(low_half(bits)).into()),
        Kind::Described(F64) => Value::Float(f64::from_bits(bits)),
        Kind::Described(Pointer) => Value::Address(bits),
        Kind::Described(Nanoseconds) => Value::Duration(Duration::from_nanos(bits)),
        Kind::Described(Str | CStr) => return also_late(text_at(bits, memory, limit), late),
        Kind::Described(Json | JsonResult) => return also_late(as_json(text_at(bits, memory, limit)), late),
        Kind::Described(_) => Value::Unreadable("of a type that isn't known"),
    };
    Read { value, late, cut: false }
}

fn of_two(kind: Kind, first: Raw, second: Raw, memory: &impl Memory, limit: usize) -> Read {
    let late = first.late || second.late;
    let low = u128::from(first.bits);
    let value = match kind {
        Kind::Described(ArgType::U128) => Value::Unsigned(u128::from(second.bits) << 64 | low),
        Kind::Described(ArgType::I128) => Value::Signed((u128::from(second.bits) << 64 | low).cast_signed()),
        Kind::Described(ArgType::Bytes) => {
            return also_late(bytes_at(first.bits, second.bits, memory, limit), late);
        }
        _ => Value::Unreadable("of a type that isn't known"),
    };
    Read { value, late, cut: false }
}

fn number(bits: u64, width: Width) -> Value {
    match (width.sort, width.bytes) {
        (Sort::Unsigned, _) => Value::Unsigned(bits.into()),
        (Sort::Signed, _) => Value::Signed(bits.cast_signed().into()),
        (Sort::Float, 4) => Value::Float(f32::from_bits(low_half(bits)).into()),
        (Sort::Float, 8) => Value::Float(f64::from_bits(bits)),
        (Sort::Float, _) => Value::Unreadable("a float of an unusual width"),
    }
}

#[allow(clippy::cast_possible_truncation)] // What is above 32 bits is another value's.
fn low_half(bits: u64) -> u32 {
    bits as u32
}

fn as_json(read: Read) -> Read {
    match read.value {
        Value::Text(text) => Read { value: Value::Json(text), ..read },
        _ => read,
    }
}

fn also_late(read: Read, late: bool) -> Read {
    Read { late: read.late || late, ..read }
}

fn unreadable(why: &'static str) -> Read {
    Read::exact(Value::Unreadable(why))
}

fn end_of_text(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|&byte| byte == 0)
}

/// Text that is not, or not all, at hand.
fn long_text(address: u64, at_hand: &[u8], memory: &impl Memory, limit: usize) -> Read {
    let mut bytes = at_hand.to_vec();
    // One more than may be shown: the NUL byte of a text that just fits.
    let wanted = limit.saturating_add(1);
    let late = match read_on(address, &mut bytes, wanted, memory, |piece| piece.contains(&0)) {
        Ok(late) => late,
        Err(why) => return unreadable(why),
    };
    let end = end_of_text(&bytes);
    let cut = end.is_none();
    Read { value: Value::Text(text(&bytes[..end.unwrap_or(bytes.len().min(limit))], cut)), late, cut }
}

/// Appends what follows in memory until there are `wanted` bytes, `done` says of a piece that it is enough, or the memory
/// ends. Says whether any of it was read late; an error if there is nothing at all.
fn read_on(
    address: u64,
    bytes: &mut Vec<u8>,
    wanted: usize,
    memory: &impl Memory,
    done: impl Fn(&[u8]) -> bool,
) -> Result<bool, &'static str> {
    /// Most texts are shorter than this.
    const PIECE: usize = 512;
    let mut late = false;
    while bytes.len() < wanted {
        let start = bytes.len();
        bytes.resize(start + PIECE.min(wanted - start), 0);
        let fetched = memory.read(address.wrapping_add(start as u64), &mut bytes[start..]);
        bytes.truncate(start + fetched.map_or(0, |fetched| fetched.bytes));
        match fetched {
            Ok(fetched) => late |= fetched.late,
            Err(why) if start == 0 => return Err(why),
            Err(_) => break,
        }
        if done(&bytes[start..]) {
            break;
        }
    }
    Ok(late)
}

/// Text of bytes; where it was `cut`, the first bytes of a character that is not all there are left out.
pub(crate) fn text(bytes: &[u8], cut: bool) -> String {
    match str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(error) if cut && error.error_len().is_none() => text(&bytes[..error.valid_up_to()], false),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Fetched;

    /// Memory at 0x1000, of which the first bytes came with the firing.
    struct Fake {
        memory: Vec<u8>,
        at_hand: usize,
    }

    impl Memory for Fake {
        fn at_hand(&self, address: u64) -> &[u8] {
            let start = usize::try_from(address.wrapping_sub(0x1000)).unwrap();
            self.memory[..self.at_hand].get(start..).unwrap_or_default()
        }

        fn read(&self, address: u64, into: &mut [u8]) -> Result<Fetched, &'static str> {
            let start = usize::try_from(address.wrapping_sub(0x1000)).unwrap();
            let rest = self.memory.get(start..).filter(|rest| !rest.is_empty()).ok_or("not mapped")?;
            let bytes = rest.len().min(into.len());
            into[..bytes].copy_from_slice(&rest[..bytes]);
            Ok(Fetched { bytes, late: true })
        }
    }

    fn fake(memory: &[u8], at_hand: usize) -> Fake {
        Fake { memory: memory.to_vec(), at_hand }
    }

    fn text_value(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn described(ty: ArgType, operands: &[u64]) -> Value {
        let operands: Vec<Operand> = operands.iter().map(|&bits| Ok(Raw { bits, late: false })).collect();
        value(Kind::Described(ty), &operands, &fake(b"[1]\0abc", 7), 64).value
    }

    #[test]
    fn each_type_is_what_its_bits_are() {
        use ArgType::*;
        assert_eq!(described(U16, &[60_000]), Value::Unsigned(60_000));
        assert_eq!(described(I32, &[(-5_i64).cast_unsigned()]), Value::Signed(-5));
        assert_eq!(described(U128, &[11, 7]), Value::Unsigned((7 << 64) + 11));
        assert_eq!(described(I128, &[u64::MAX - 1, u64::MAX]), Value::Signed(-2));
        assert_eq!(described(Bool, &[1]), Value::Bool(true));
        assert_eq!(described(Char, &[u64::from('€')]), Value::Char(Ok('€')));
        assert_eq!(described(Char, &[0xD800]), Value::Char(Err(0xD800)));
        assert_eq!(described(F32, &[u64::from((-1.5_f32).to_bits())]), Value::Float(-1.5));
        assert_eq!(described(F64, &[(-2.5_f64).to_bits()]), Value::Float(-2.5));
        assert_eq!(described(Pointer, &[0x10]), Value::Address(0x10));
        assert_eq!(described(Nanoseconds, &[1500]), Value::Duration(Duration::from_nanos(1500)));
        assert_eq!(described(Json, &[0x1000]), Value::Json("[1]".to_owned()));
        assert_eq!(described(Str, &[0x1001]), text_value("1]"));
        assert_eq!(described(Bytes, &[0x1004, 2]), Value::Bytes(b"ab".to_vec()));
        assert_eq!(described(Bytes, &[0, 0]), Value::None);
        assert_eq!(described(Str, &[0]), Value::None);
        assert_eq!(described(Str, &[1, 2]), Value::Unreadable("of a type that isn't known"));
        assert_eq!(described(Str, &[]), Value::Unreadable("no operand"));
    }

    #[test]
    fn arguments_take_their_operands_in_order() {
        let kinds = [ArgType::U8, ArgType::U128, ArgType::I8, ArgType::U8].map(Kind::Described);
        let operand = |bits| Ok(Raw { bits, late: false });
        let operands = [operand(1), operand(2), Err("lost"), operand(4)];
        let values = values(&kinds, &operands, &fake(b"", 0), 64);
        let values: Vec<Value> = values.into_iter().map(|read| read.value).collect();
        assert_eq!(
            values,
            [
                Value::Unsigned(1),
                Value::Unreadable("lost"),
                Value::Signed(4),
                Value::Unreadable("no operand")
            ]
        );
    }

    #[test]
    fn text_at_hand_is_exact_and_other_text_is_late() {
        let memory = b"text\0behind\0";
        let read = |address, at_hand, limit| text_at(address, &fake(memory, at_hand), limit);
        assert_eq!(read(0x1000, 5, 64), Read::exact(text_value("text")));
        assert_eq!(read(0x1000, 5, 4), Read::exact(text_value("text")));
        assert_eq!(read(0x1000, 5, 3), Read { value: text_value("tex"), late: false, cut: true });
        assert_eq!(read(0x1000, 2, 64), Read { value: text_value("text"), late: true, cut: false });
        assert_eq!(read(0x1005, 2, 64), Read { value: text_value("behind"), late: true, cut: false });
        assert_eq!(read(0x1005, 2, 5), Read { value: text_value("behin"), late: true, cut: true });
        assert_eq!(read(0x2000, 2, 5), Read::exact(Value::Unreadable("not mapped")));
    }

    #[test]
    fn text_that_ends_with_the_memory_is_cut() {
        assert_eq!(
            text_at(0x1000, &fake(b"abc", 1), 64),
            Read { value: text_value("abc"), late: true, cut: true }
        );
        let long = [b'x'; 5000];
        let read = text_at(0x1000, &fake(&long, 100), 4096);
        assert_eq!(read, Read { value: text_value(&"x".repeat(4096)), late: true, cut: true });
    }

    #[test]
    fn a_cut_leaves_no_half_character_and_other_bytes_are_replaced() {
        let read = text_at(0x1000, &fake("aä€".as_bytes(), 6), 5);
        assert_eq!(read, Read { value: text_value("aä"), late: false, cut: true });
        assert_eq!(text_at(0x1000, &fake(b"a\xFFb\0", 4), 9).value, text_value("a\u{FFFD}b"));
    }

    #[test]
    fn bytes_are_limited() {
        let memory = fake(b"bytes", 3);
        let read = |length, limit| bytes_at(0x1000, length, &memory, limit);
        let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
        assert_eq!(read(3, 64), Read::exact(bytes(b"byt")));
        assert_eq!(read(5, 64), Read { value: bytes(b"bytes"), late: true, cut: false });
        assert_eq!(read(5, 2), Read { value: bytes(b"by"), late: false, cut: true });
        assert_eq!(read(u64::MAX, 64), Read { value: bytes(b"bytes"), late: true, cut: true });
        assert_eq!(bytes_at(0x1000, 0, &memory, 64), Read::exact(bytes(b"")));
        assert_eq!(bytes_at(0x9000, 1, &memory, 64), Read::exact(Value::Unreadable("not mapped")));
    }
}
