//! A value of any kind → the operands that the probe's declared type has.

// Each cast here either follows a clamp to the target's range, or is the saturating one of floats, which is what it is for.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]

use std::io::Write as _;

use super::{ArgType, Dynamic};
use crate::value::{Operands, Scratch, Value as _};

/// The operands of a value, valid until `scratch` is dropped.
#[inline]
pub(super) fn lower(declared: ArgType, value: Dynamic<'_>, scratch: &mut Scratch<'_>) -> Operands {
    use ArgType::*;
    match (declared, value) {
        // What nearly every firing is.
        (U64 | Nanoseconds, Dynamic::U64(number)) => [number, 0],
        (I64, Dynamic::I64(number)) => [number as u64, 0],
        (Str | Json, Dynamic::Str(text)) => text.lower(scratch),
        (F64, Dynamic::F64(number)) => [number.to_bits(), 0],
        _ => lower_any(declared, value, scratch),
    }
}

/// Whether lowering may copy a text: all but what ends with a NUL byte already.
pub(super) fn needs_room(declared: ArgType, value: Dynamic<'_>) -> bool {
    match declared {
        ArgType::Str | ArgType::CStr => !matches!(value, Dynamic::CStr(_) | Dynamic::None),
        ArgType::Json | ArgType::JsonResult => !matches!(value, Dynamic::CStr(_)),
        _ => false,
    }
}

fn lower_any(declared: ArgType, value: Dynamic<'_>, scratch: &mut Scratch<'_>) -> Operands {
    use ArgType::*;
    match declared {
        U8 => clamped(value, 0, u8::MAX.into()),
        I8 => clamped(value, i8::MIN.into(), i8::MAX.into()),
        U16 => clamped(value, 0, u16::MAX.into()),
        I16 => clamped(value, i16::MIN.into(), i16::MAX.into()),
        U32 | Char => clamped(value, 0, u32::MAX.into()),
        I32 => clamped(value, i32::MIN.into(), i32::MAX.into()),
        U64 | Nanoseconds => clamped(value, 0, u64::MAX.into()),
        I64 => clamped(value, i64::MIN.into(), i64::MAX.into()),
        I128 => signed(value).lower(scratch),
        U128 => unsigned(value).lower(scratch),
        Bool => truth(value).lower(scratch),
        F32 => (float(value) as f32).lower(scratch),
        F64 => float(value).lower(scratch),
        Pointer => address(value),
        Str | CStr => text(value, scratch),
        Json | JsonResult => json(value, scratch),
        Bytes => match value {
            Dynamic::Bytes(bytes) => bytes.lower(scratch),
            Dynamic::Str(text) => text.as_bytes().lower(scratch),
            Dynamic::CStr(text) => text.to_bytes().lower(scratch),
            _ => [0, 0],
        },
    }
}

/// An integer within a range of 64 bits, extended to the whole register.
fn clamped(value: Dynamic<'_>, min: i128, max: i128) -> Operands {
    [signed(value).clamp(min, max) as u64, 0]
}

fn signed(value: Dynamic<'_>) -> i128 {
    match value {
        Dynamic::U64(number) | Dynamic::Pointer(number) => number.into(),
        Dynamic::I64(number) => number.into(),
        Dynamic::I128(number) => number,
        Dynamic::U128(number) => number.min(i128::MAX as u128) as i128,
        Dynamic::F64(number) => number as i128,
        Dynamic::Bool(truth) => truth.into(),
        Dynamic::Char(character) => u32::from(character).into(),
        _ => 0,
    }
}

fn unsigned(value: Dynamic<'_>) -> u128 {
    match value {
        Dynamic::U128(number) => number,
        Dynamic::F64(number) => number as u128,
        other => signed(other).max(0) as u128,
    }
}

fn float(value: Dynamic<'_>) -> f64 {
    match value {
        Dynamic::F64(number) => number,
        Dynamic::U128(number) => number as f64,
        other => signed(other) as f64,
    }
}

fn truth(value: Dynamic<'_>) -> bool {
    match value {
        Dynamic::F64(number) => number != 0.0 && !number.is_nan(),
        Dynamic::Str(text) => !text.is_empty(),
        Dynamic::CStr(text) => !text.is_empty(),
        Dynamic::Bytes(bytes) => !bytes.is_empty(),
        other => unsigned(other) != 0 || signed(other) != 0,
    }
}

fn address(value: Dynamic<'_>) -> Operands {
    match value {
        Dynamic::Bytes(bytes) => [bytes.as_ptr().expose_provenance() as u64, 0],
        Dynamic::CStr(text) => [text.as_ptr().expose_provenance() as u64, 0],
        number => clamped(number, 0, u64::MAX.into()),
    }
}

fn text(value: Dynamic<'_>, scratch: &mut Scratch<'_>) -> Operands {
    match value {
        Dynamic::None => [0, 0],
        Dynamic::Str(text) => text.lower(scratch),
        Dynamic::CStr(text) => text.lower(scratch),
        Dynamic::Bytes(bytes) => [scratch.text(bytes), 0],
        #[cfg(feature = "json")]
        Dynamic::Json(value) => [crate::value::json::plain(value, scratch), 0],
        Dynamic::Char(character) => character.encode_utf8(&mut [0; 4]).lower(scratch),
        Dynamic::U64(number) => written(number, scratch),
        Dynamic::I64(number) => written(number, scratch),
        Dynamic::U128(number) => written(number, scratch),
        Dynamic::I128(number) => written(number, scratch),
        Dynamic::F64(number) => written(number, scratch),
        Dynamic::Bool(truth) => written(truth, scratch),
        Dynamic::Pointer(address) => written(format_args!("{address:#x}"), scratch),
    }
}

/// JSON is text that the caller has made, but for what has no text.
fn json(value: Dynamic<'_>, scratch: &mut Scratch<'_>) -> Operands {
    match value {
        Dynamic::None => "null".lower(scratch),
        other => text(other, scratch),
    }
}

/// A number as text. The longest is a float's: 1 sign, 309 digits before the point, 325 behind.
///
/// Not inlined: its room would be between a probe and the texts that a tracer looks for.
#[inline(never)]
fn written(value: impl std::fmt::Display, scratch: &mut Scratch<'_>) -> Operands {
    let mut room = [0; 640];
    let mut rest = &mut room[..];
    // There is room for every number.
    let _ = write!(rest, "{value}");
    let left = rest.len();
    [scratch.text(&room[..room.len() - left]), 0]
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use super::*;
    use crate::value::scratch::ROOM;

    fn number(declared: ArgType, value: impl Into<Dynamic<'static>>) -> u64 {
        let [low, high] = lower(declared, value.into(), &mut Scratch::new(&mut []));
        assert_eq!(high, 0);
        low
    }

    fn shown(declared: ArgType, value: Dynamic<'_>) -> Option<String> {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let mut scratch = Scratch::new(&mut room);
        let [address, _] = lower(declared, value, &mut scratch);
        let pointer = std::ptr::with_exposed_provenance::<std::ffi::c_char>(address as usize);
        // SAFETY: null, or text that lives until the end of this function and ends with a NUL byte.
        #[allow(unsafe_code)]
        let text = (!pointer.is_null()).then(|| unsafe { std::ffi::CStr::from_ptr(pointer) });
        text.map(|text| text.to_str().unwrap().to_owned())
    }

    #[test]
    fn integers_are_held_within_the_range_of_their_type() {
        use ArgType::*;
        let i64 = |value: i64| value as u64;
        for (declared, value, expected) in [
            (U8, Dynamic::U64(300), 255),
            (U8, Dynamic::I64(-1), 0),
            (I8, Dynamic::I64(-129), i64(-128)),
            (U16, Dynamic::U64(65_536), 65_535),
            (I16, Dynamic::F64(1e9), 32_767),
            (U32, Dynamic::U128(u128::MAX), u32::MAX.into()),
            (I32, Dynamic::I64(i64::MIN), i64(i32::MIN.into())),
            (U64, Dynamic::U128(u128::MAX), u64::MAX),
            (U64, Dynamic::I64(-5), 0),
            (I64, Dynamic::U64(u64::MAX), i64(i64::MAX)),
            (I64, Dynamic::F64(-2.9), i64(-2)),
            (I64, Dynamic::F64(f64::NEG_INFINITY), i64(i64::MIN)),
            (I64, Dynamic::F64(f64::NAN), 0),
            (I64, Dynamic::Bool(true), 1),
            (I64, Dynamic::Str("7"), 0),
            (I64, Dynamic::None, 0),
            (Char, Dynamic::Char('ä'), 0xE4),
            (Bool, Dynamic::F64(0.5), 1),
            (Bool, Dynamic::F64(f64::NAN), 0),
            (Bool, Dynamic::I64(-1), 1),
            (Bool, Dynamic::Str(""), 0),
            (Pointer, Dynamic::Pointer(0x1234), 0x1234),
            (F64, Dynamic::I64(-2), (-2_f64).to_bits()),
            (F64, Dynamic::None, 0),
            (F32, Dynamic::F64(1.5), 1.5_f32.to_bits().into()),
            (Str, Dynamic::None, 0),
        ] {
            assert_eq!(number(declared, value), expected, "{value:?} as {declared:?}");
        }
        let mut none = Scratch::new(&mut []);
        assert_eq!(lower(I128, Dynamic::I64(-1), &mut none), [u64::MAX; 2]);
        assert_eq!(lower(U128, Dynamic::I64(-1), &mut none), [0; 2]);
        assert_eq!(lower(U128, Dynamic::U128(u128::MAX), &mut none), [u64::MAX; 2]);
        assert_eq!(lower(Bytes, Dynamic::U64(1), &mut none), [0; 2]);
        assert_eq!(lower(Bytes, Dynamic::Str("abc"), &mut none)[1], 3);
    }

    #[test]
    fn whatever_is_declared_as_text_arrives_as_text() {
        for (value, expected) in [
            (Dynamic::Str("/orders"), "/orders"),
            (Dynamic::Str("a\0b"), "a"),
            (Dynamic::CStr(c"/c"), "/c"),
            (Dynamic::Bytes(b"bytes"), "bytes"),
            (Dynamic::U64(u64::MAX), "18446744073709551615"),
            (Dynamic::I64(-1), "-1"),
            (Dynamic::I128(i128::MIN), "-170141183460469231731687303715884105728"),
            (Dynamic::F64(0.5), "0.5"),
            (Dynamic::Bool(true), "true"),
            (Dynamic::Char('ä'), "ä"),
            (Dynamic::Pointer(255), "0xff"),
        ] {
            assert_eq!(shown(ArgType::Str, value).as_deref(), Some(expected));
        }
        for number in [f64::MIN_POSITIVE * f64::EPSILON, f64::MIN] {
            assert_eq!(shown(ArgType::Str, Dynamic::F64(number)), Some(number.to_string()));
        }
        assert_eq!(shown(ArgType::Str, Dynamic::None), None);
        assert_eq!(shown(ArgType::Json, Dynamic::None).as_deref(), Some("null"));
    }

    #[cfg(feature = "json")]
    #[test]
    fn json_is_written() {
        let value = serde_json::json!({ "a": [1, "ä"] });
        assert_eq!(shown(ArgType::Json, Dynamic::Json(&value)).as_deref(), Some(r#"{"a":[1,"ä"]}"#));
    }

    #[test]
    fn what_a_typed_argument_is_arrives_as_the_same_value() {
        use crate::value::Arg;
        fn same<A: Arg>(value: A) {
            let ty = <A::Value<'_> as crate::value::Value>::TYPE;
            let direct = value.value().lower(&mut Scratch::new(&mut []));
            assert_eq!(lower(ty, value.value().dynamic(), &mut Scratch::new(&mut [])), direct);
        }
        same(200_u8);
        same(-3_i8);
        same(u64::MAX);
        same(i64::MIN);
        same(u128::MAX - 1);
        same(i128::MIN + 1);
        same(true);
        same('€');
        same(1.25_f32);
        same(-0.0_f64);
        same(std::time::Duration::from_secs(3));
        same(std::ptr::from_ref(&7_u8));
        same(Some(7_u16));
        same(None::<i32>);
    }
}
