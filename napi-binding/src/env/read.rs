//! Reading values of JavaScript.
//!
//! # Safety
//!
//! As the parent says.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;

use napi_sys as sys;

use super::{Env, Status, Value, call, check};

/// The types of JavaScript that conversions tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Undefined,
    Null,
    Boolean,
    Number,
    BigInt,
    String,
    /// Objects, functions, symbols.
    Other,
}

/// A bigint as [`Env::bigint`] gives it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BigInt {
    /// Whether it is below zero.
    pub(crate) negative: bool,
    /// How many words its magnitude has, which may be more than were written.
    pub(crate) count: usize,
}

/// None of these runs any code of JavaScript but [`get`](Env::get) and [`element`](Env::element).
impl<'call> Env<'call> {
    /// The type of a value.
    pub(crate) fn kind(self, value: Value<'_>) -> Result<Kind, Status> {
        use sys::ValueType::*;
        Ok(match call!(napi_typeof, 0, self.raw, value.raw)? {
            t if t == napi_undefined => Kind::Undefined,
            t if t == napi_null => Kind::Null,
            t if t == napi_boolean => Kind::Boolean,
            t if t == napi_number => Kind::Number,
            t if t == napi_bigint => Kind::BigInt,
            t if t == napi_string => Kind::String,
            _ => Kind::Other,
        })
    }

    /// The number, if it is one.
    #[inline]
    pub(crate) fn double(self, value: Value<'_>) -> Result<f64, Status> {
        call!(napi_get_value_double, 0.0, self.raw, value.raw)
    }

    /// The truth value, if it is one.
    pub(crate) fn boolean(self, value: Value<'_>) -> Result<bool, Status> {
        call!(napi_get_value_bool, false, self.raw, value.raw)
    }

    /// The bigint, if it is one. As many of the words of its magnitude as fit are written, the lowest first.
    pub(crate) fn bigint(self, value: Value<'_>, words: &mut [u64]) -> Result<BigInt, Status> {
        let (mut sign, mut count): (c_int, usize) = (0, words.len());
        // SAFETY: as in `call!`; `count` is the length of `words`.
        check(unsafe {
            sys::napi_get_value_bigint_words(self.raw, value.raw, &mut sign, &mut count, words.as_mut_ptr())
        })?;
        Ok(BigInt { negative: sign != 0, count })
    }

    /// Writes the string as UTF-8, if it is one, and a NUL byte. Gives the number of bytes before that. What doesn't fit is
    /// cut between characters; lone surrogates become U+FFFD.
    #[inline]
    pub(crate) fn read_text(self, value: Value<'_>, room: &mut [MaybeUninit<u8>]) -> Result<usize, Status> {
        let start = room.as_mut_ptr().cast::<c_char>();
        call!(napi_get_value_string_utf8, 0, self.raw, value.raw, start, room.len())
    }

    /// The length of the string in bytes of UTF-8, if it is one.
    pub(crate) fn text_len(self, value: Value<'_>) -> Result<usize, Status> {
        call!(napi_get_value_string_utf8, 0, self.raw, value.raw, ptr::null_mut(), 0)
    }

    /// Appends the string as UTF-8, if it is one, to text that has room for it and a NUL byte, which isn't counted.
    pub(crate) fn append_text(self, value: Value<'_>, text: &mut Vec<u8>) -> Result<(), Status> {
        let len = self.read_text(value, text.spare_capacity_mut())?;
        // SAFETY: the engine has written `len` bytes into the spare capacity.
        unsafe { text.set_len(text.len() + len) };
        Ok(())
    }

    /// The memory of an `ArrayBuffer` or of a view of one: its first byte and its length. `None` for all other values.
    pub(crate) fn memory(self, value: Value<'_>) -> Result<Option<(*const u8, usize)>, Status> {
        // A "buffer" is whatever is a view, also a `DataView` and types of arrays that Node-API has no number for.
        let get = if call!(napi_is_buffer, false, self.raw, value.raw)? {
            sys::napi_get_buffer_info
        } else if call!(napi_is_arraybuffer, false, self.raw, value.raw)? {
            sys::napi_get_arraybuffer_info
        } else {
            return Ok(None);
        };
        let (mut start, mut len) = (ptr::null_mut(), 0);
        // SAFETY: as in `call!`; the value is of the type that the function wants.
        check(unsafe { get(self.raw, value.raw, &mut start, &mut len) })?;
        Ok(Some((start.cast::<u8>().cast_const(), len)))
    }

    /// Whether the value counts as true.
    pub(crate) fn truthy(self, value: Value<'_>) -> Result<bool, Status> {
        self.boolean(value).or_else(|_| {
            let truth = call!(napi_coerce_to_bool, ptr::null_mut(), self.raw, value.raw)?;
            self.boolean(self.wrap(truth))
        })
    }

    /// `Number(value)` of a string. (Of an object it would run the object's code.)
    pub(crate) fn number_of_string(self, string: Value<'_>) -> Result<f64, Status> {
        let number = call!(napi_coerce_to_number, ptr::null_mut(), self.raw, string.raw)?;
        self.double(self.wrap(number))
    }

    /// `String(value)` of a number or a bigint. (Of an object it would run the object's code.)
    pub(crate) fn string_of_number(self, number: Value<'_>) -> Result<Value<'call>, Status> {
        call!(napi_coerce_to_string, ptr::null_mut(), self.raw, number.raw).map(|raw| self.wrap(raw))
    }

    /// A property of an object. A getter may run, and throw.
    pub(crate) fn get(self, object: Value<'_>, name: &str) -> Result<Value<'call>, Status> {
        let key = self.string(name)?;
        call!(napi_get_property, ptr::null_mut(), self.raw, object.raw, key.raw).map(|raw| self.wrap(raw))
    }

    /// An element of an array or of something like it. A getter may run, and throw.
    pub(crate) fn element(self, array: Value<'_>, index: u32) -> Result<Value<'call>, Status> {
        call!(napi_get_element, ptr::null_mut(), self.raw, array.raw, index).map(|raw| self.wrap(raw))
    }
}
