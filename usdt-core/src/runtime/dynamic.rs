//! A value whose type is known only while the program runs.

use std::ffi::CStr;

use super::ArgType;
use crate::value::Operands;

/// A value whose type is known only while the program runs. A firing converts it to the type that the probe declares:
///
/// | declared | what it takes |
/// |---|---|
/// | an integer, `Char`, `Pointer`, `Nanoseconds` | numbers, cut toward zero and held within the range of the type; NaN is 0, `true` 1; of bytes and C strings the address where a pointer is declared |
/// | `F32`, `F64` | numbers, to the nearest |
/// | `Bool` | whether a number is not 0, whether text is not empty |
/// | `Str`, `CStr`, `Json`, `JsonResult` | text and bytes as they are, up to a NUL byte; numbers in decimal |
/// | `Bytes` | bytes and text |
///
/// [`None`](Dynamic::None), and whatever else doesn't fit, is 0, or a null pointer; as JSON it is `null`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Dynamic<'a> {
    /// No value.
    None,
    /// An unsigned integer.
    U64(u64),
    /// A signed integer.
    I64(i64),
    /// An unsigned integer of 128 bits.
    U128(u128),
    /// A signed integer of 128 bits.
    I128(i128),
    /// A floating-point number.
    F64(f64),
    /// A truth.
    Bool(bool),
    /// A Unicode scalar value.
    Char(char),
    /// An address.
    Pointer(u64),
    /// Text.
    Str(&'a str),
    /// Text that ends with a NUL byte. It is not copied.
    CStr(&'a CStr),
    /// Bytes. They are not copied where bytes are declared.
    Bytes(&'a [u8]),
    /// Anything that JSON can say. It is written only when a tracer is told.
    #[cfg(feature = "json")]
    Json(&'a serde_json::Value),
}

impl Dynamic<'_> {
    /// The number that these operands are.
    // Each cast takes back what `Value::lower` has done.
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
    #[inline]
    pub(crate) fn of_number(ty: ArgType, [low, high]: Operands) -> Self {
        use ArgType::*;
        let whole = || u128::from(high) << 64 | u128::from(low);
        match ty {
            I8 | I16 | I32 | I64 => Dynamic::I64(low as i64),
            U128 => Dynamic::U128(whole()),
            I128 => Dynamic::I128(whole() as i128),
            Bool => Dynamic::Bool(low != 0),
            Char => char::from_u32(low as u32).map_or(Dynamic::U64(low), Dynamic::Char),
            F32 => Dynamic::F64(f32::from_bits(low as u32).into()),
            F64 => Dynamic::F64(f64::from_bits(low)),
            Pointer => Dynamic::Pointer(low),
            _ => Dynamic::U64(low),
        }
    }
}

/// What becomes a [`Dynamic`], and how.
macro_rules! from {
    ($($ty:ty => $kind:ident;)*) => { $(
        impl<'a> From<$ty> for Dynamic<'a> {
            fn from(value: $ty) -> Self {
                Dynamic::$kind(value.into())
            }
        }
    )* };
}
from! {
    u8 => U64; u16 => U64; u32 => U64; u64 => U64; u128 => U128;
    i8 => I64; i16 => I64; i32 => I64; i64 => I64; i128 => I128;
    f32 => F64; f64 => F64; bool => Bool; char => Char;
    &'a str => Str; &'a CStr => CStr; &'a [u8] => Bytes;
}
#[cfg(feature = "json")]
from! { &'a serde_json::Value => Json; }

impl<'a, T: Into<Dynamic<'a>>> From<Option<T>> for Dynamic<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Dynamic::None, Into::into)
    }
}
