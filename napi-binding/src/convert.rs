//! A value of JavaScript → a value for a probe, by the type that the probe declares.
//!
//! Nothing here runs code of JavaScript: of objects only those that are bytes are looked into. Nothing fails: what can't be
//! converted is 0, null or the text `undefined`.
//!
//! # Safety
//!
//! `unsafe` is here to pass on the bytes of a buffer where they are: see [`view`].
#![allow(unsafe_code)]
// A cast from `f64` is the saturating one, which is what the contract wants: toward zero, held in the range, NaN 0.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use std::ffi::CStr;

use usdt_core::runtime::{ArgType, Dynamic};

use crate::env::{Env, Kind, Status, Value};
use crate::number::{self, WORDS};
use crate::text::{Heap, Room};
use crate::view;

/// The value as the declared type wants it. What is text is copied to `room`, else to `heap`.
#[inline]
pub(crate) fn convert<'r>(
    env: Env<'_>,
    value: Value<'_>,
    declared: ArgType,
    room: &mut Room<'r>,
    heap: &'r Heap,
) -> Dynamic<'r> {
    use ArgType::*;
    match declared {
        U64 | Pointer => unsigned(env, value),
        // The firing holds them in the range of the smaller types.
        U8 | I8 | U16 | I16 | U32 | I32 | I64 => signed(env, value),
        F32 | F64 => Dynamic::F64(float(env, value)),
        Bool => Dynamic::Bool(env.truthy(value).unwrap_or(false)),
        Bytes => bytes(env, value, room, heap),
        _ => text(env, value, room, heap),
    }
}

#[inline]
fn unsigned(env: Env<'_>, value: Value<'_>) -> Dynamic<'static> {
    match env.double(value) {
        Ok(number) => Dynamic::U64(number as u64),
        Err(_) => Dynamic::U64(integer(env, value).clamp(0, u64::MAX.into()) as u64),
    }
}

#[inline]
fn signed(env: Env<'_>, value: Value<'_>) -> Dynamic<'static> {
    match env.double(value) {
        Ok(number) => Dynamic::I64(number as i64),
        Err(_) => Dynamic::I64(integer(env, value).clamp(i64::MIN.into(), i64::MAX.into()) as i64),
    }
}

/// The integer that something other than a number is.
fn integer(env: Env<'_>, value: Value<'_>) -> i128 {
    let mut words = [0; WORDS];
    match env.bigint(value, &mut words) {
        Ok(big) => number::to_i128(big.negative, &words[..big.count.min(WORDS)]),
        Err(_) => other(env, value) as i128,
    }
}

#[inline]
fn float(env: Env<'_>, value: Value<'_>) -> f64 {
    env.double(value).unwrap_or_else(|_| {
        let mut words = [0; WORDS];
        match env.bigint(value, &mut words) {
            Ok(big) => number::to_f64(big.negative, &words[..big.count.min(WORDS)]),
            Err(_) => other(env, value),
        }
    })
}

/// The number that something other than a number or a bigint is.
fn other(env: Env<'_>, value: Value<'_>) -> f64 {
    let number = match env.kind(value) {
        Ok(Kind::Boolean) => env.boolean(value).map(f64::from),
        Ok(Kind::String) => env.number_of_string(value),
        _ => Ok(0.0),
    };
    number.unwrap_or(0.0)
}

#[inline]
fn text<'r>(env: Env<'_>, value: Value<'_>, room: &mut Room<'r>, heap: &'r Heap) -> Dynamic<'r> {
    let text = match room.text(env, value, heap) {
        Ok(text) => CStr::from_bytes_until_nul(text).unwrap_or_default(),
        Err(_) => text_of_other(env, value, room, heap).unwrap_or(c"undefined"),
    };
    Dynamic::CStr(text)
}

/// What `String(value)` gives for something other than a string.
#[cold]
fn text_of_other<'r>(
    env: Env<'_>,
    value: Value<'_>,
    room: &mut Room<'r>,
    heap: &'r Heap,
) -> Result<&'r CStr, Status> {
    Ok(match env.kind(value)? {
        Kind::Null => c"null",
        Kind::Boolean if env.boolean(value)? => c"true",
        Kind::Boolean => c"false",
        Kind::Number | Kind::BigInt => {
            let text = room.text(env, env.string_of_number(value)?, heap)?;
            CStr::from_bytes_until_nul(text).unwrap_or_default()
        }
        Kind::Undefined | Kind::String | Kind::Other => c"undefined",
    })
}

#[inline]
fn bytes<'r>(env: Env<'_>, value: Value<'_>, room: &mut Room<'r>, heap: &'r Heap) -> Dynamic<'r> {
    let bytes = match room.text(env, value, heap) {
        Ok([text @ .., _nul]) => Some(text),
        // SAFETY: nothing that a conversion or a firing does runs JavaScript or reads the bytes: bytes travel as an address
        //   and a length.
        _ => unsafe { view::bytes(env, value) },
    };
    // Nothing has no address.
    bytes.filter(|bytes| !bytes.is_empty()).map_or(Dynamic::None, Dynamic::Bytes)
}
