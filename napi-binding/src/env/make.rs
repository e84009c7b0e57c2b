//! Making values of JavaScript, and throwing.
//!
//! # Safety
//!
//! As the parent says.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_void};
use std::ptr;

use napi_sys as sys;

use super::{Callback, Env, Finalizer, Scope, Status, Value, call, check};
use crate::failure::Failure;

/// The class of an error.
#[derive(Debug)]
pub(crate) enum ErrorKind {
    /// `TypeError`, with this `code`.
    Type { code: &'static str },
    /// `Error`.
    Plain,
}

impl<'call> Env<'call> {
    /// A string.
    pub(crate) fn string(self, text: &str) -> Result<Value<'call>, Status> {
        // A slice is never longer than `isize::MAX`.
        let (start, len) = (text.as_ptr().cast::<c_char>(), text.len().cast_signed());
        call!(napi_create_string_utf8, ptr::null_mut(), self.raw, start, len).map(|raw| self.wrap(raw))
    }

    /// A number.
    pub(crate) fn uint(self, number: u32) -> Result<Value<'call>, Status> {
        call!(napi_create_uint32, ptr::null_mut(), self.raw, number).map(|raw| self.wrap(raw))
    }

    /// `true` or `false`.
    pub(crate) fn bool(self, truth: bool) -> Result<Value<'call>, Status> {
        call!(napi_get_boolean, ptr::null_mut(), self.raw, truth).map(|raw| self.wrap(raw))
    }

    /// `undefined`.
    pub(crate) fn undefined(self) -> Result<Value<'call>, Status> {
        call!(napi_get_undefined, ptr::null_mut(), self.raw).map(|raw| self.wrap(raw))
    }

    /// `null`.
    pub(crate) fn null(self) -> Result<Value<'call>, Status> {
        call!(napi_get_null, ptr::null_mut(), self.raw).map(|raw| self.wrap(raw))
    }

    /// An array of the values.
    pub(crate) fn array<T>(
        self,
        items: &[T],
        mut make: impl FnMut(u32, &T) -> Result<Value<'call>, Failure>,
    ) -> Result<Value<'call>, Failure> {
        let array = call!(napi_create_array_with_length, ptr::null_mut(), self.raw, items.len())?;
        for (index, item) in (0..).zip(items) {
            let scope = Scope::open(self)?;
            let value = make(index, item)?;
            // SAFETY: the handles are alive, and nothing is written to.
            check(unsafe { sys::napi_set_element(self.raw, array, index, value.raw) })?;
            drop(scope);
        }
        Ok(self.wrap(array))
    }

    /// An object with the properties. They are its own, whatever somebody has made of `Object.prototype`.
    pub(crate) fn object(self, properties: &[(&str, Value<'_>)]) -> Result<Value<'call>, Status> {
        let object = call!(napi_create_object, ptr::null_mut(), self.raw)?;
        self.define(self.wrap(object), properties)?;
        Ok(self.wrap(object))
    }

    /// Gives the object properties.
    pub(crate) fn define(self, object: Value<'_>, properties: &[(&str, Value<'_>)]) -> Result<(), Status> {
        use sys::PropertyAttributes::{configurable, enumerable, writable};
        for (name, value) in properties {
            let property = sys::napi_property_descriptor {
                utf8name: ptr::null(),
                name: self.string(name)?.raw,
                method: None,
                getter: None,
                setter: None,
                value: value.raw,
                attributes: configurable | enumerable | writable,
                data: ptr::null_mut(),
            };
            // SAFETY: the handles are alive; one descriptor is passed, and read before the call returns.
            check(unsafe { sys::napi_define_properties(self.raw, object.raw, 1, &property) })?;
        }
        Ok(())
    }

    /// A function that calls `callback` with `data`.
    pub(crate) fn function(
        self,
        name: &str,
        callback: Callback,
        data: *mut c_void,
    ) -> Result<Value<'call>, Status> {
        let (start, len) = (name.as_ptr().cast::<c_char>(), name.len().cast_signed());
        call!(napi_create_function, ptr::null_mut(), self.raw, start, len, Some(callback), data)
            .map(|raw| self.wrap(raw))
    }

    /// Runs the finalizer with `data` when the object is collected, or the environment ends.
    ///
    /// # Safety
    ///
    /// `data` is what the finalizer wants, and nobody else takes it.
    pub(crate) unsafe fn on_collected(
        self,
        object: Value<'_>,
        finalizer: Finalizer,
        data: *mut c_void,
    ) -> Result<(), Status> {
        let (hint, reference) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the object is alive; without a reference to write, the engine keeps track of the finalizer by itself.
        check(unsafe {
            sys::napi_add_finalizer(self.raw, object.raw, data, Some(finalizer), hint, reference)
        })
    }

    /// An `ArrayBuffer` of memory that isn't the engine's. The finalizer gets `start` and `owner`.
    ///
    /// # Safety
    ///
    /// `len` bytes at `start` can be read and written until the finalizer runs, for which `owner` is what it wants.
    pub(crate) unsafe fn external_buffer(
        self,
        start: *mut c_void,
        len: usize,
        finalizer: Finalizer,
        owner: *mut c_void,
    ) -> Result<Value<'call>, Status> {
        let free = Some(finalizer);
        call!(napi_create_external_arraybuffer, ptr::null_mut(), self.raw, start, len, free, owner)
            .map(|raw| self.wrap(raw))
    }

    /// An `ArrayBuffer` without bytes.
    pub(crate) fn empty_buffer(self) -> Result<Value<'call>, Status> {
        let data = &mut ptr::null_mut();
        call!(napi_create_arraybuffer, ptr::null_mut(), self.raw, 0, data).map(|raw| self.wrap(raw))
    }

    /// A `Uint16Array` over the first elements of an `ArrayBuffer`.
    pub(crate) fn uint16_array(self, buffer: Value<'_>, len: usize) -> Result<Value<'call>, Status> {
        let ty = sys::TypedarrayType::uint16_array;
        call!(napi_create_typedarray, ptr::null_mut(), self.raw, ty, len, buffer.raw, 0)
            .map(|raw| self.wrap(raw))
    }

    /// Throws a `TypeError` with a code, or an `Error`.
    pub(crate) fn throw(self, kind: &ErrorKind, message: &str) -> Result<(), Status> {
        let message = self.string(message)?.raw;
        let error = match kind {
            ErrorKind::Type { code } => {
                let code = self.string(code)?.raw;
                call!(napi_create_type_error, ptr::null_mut(), self.raw, code, message)?
            }
            ErrorKind::Plain => {
                call!(napi_create_error, ptr::null_mut(), self.raw, ptr::null_mut(), message)?
            }
        };
        // SAFETY: the handles are alive.
        check(unsafe { sys::napi_throw(self.raw, error) })
    }

    /// Whether an exception waits.
    pub(crate) fn is_exception_pending(self) -> Result<bool, Status> {
        call!(napi_is_exception_pending, false, self.raw)
    }
}
