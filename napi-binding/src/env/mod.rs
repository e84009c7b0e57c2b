//! The environment: what JavaScript's engine does for a callback, as safe methods that look at every status.
//!
//! There is one environment a thread that runs JavaScript (the main thread, each worker), and several where a program embeds
//! Node. So this crate keeps nothing that belongs to one: an [`Env`] comes with each call and ends with it.
//!
//! # Safety
//!
//! Node-API is a C interface: raw handles, and memory that it writes. An [`Env`] and the [`Value`]s that it gives live no
//! longer than the callback (or the [`Scope`]) they came from, and stay on its thread, because raw pointers are not `Send`.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr;

use napi_sys as sys;

mod make;
mod read;

pub(crate) use make::ErrorKind;
pub(crate) use read::Kind;

/// A function that JavaScript can call.
pub(crate) type Callback = unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value;

/// A function that runs when memory or an object is no longer needed: the environment, the memory or object's data, and a hint.
pub(crate) type Finalizer = unsafe extern "C" fn(sys::napi_env, *mut c_void, *mut c_void);

/// A status that isn't `napi_ok`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(sys::napi_status);

impl Status {
    /// An exception waits in the environment, and goes on to whoever called.
    pub(crate) fn is_pending_exception(self) -> bool {
        self.0 == sys::Status::napi_pending_exception
    }

    /// The runtime doesn't let JavaScript see memory that isn't its own, as Electron doesn't.
    pub(crate) fn forbids_external_memory(self) -> bool {
        self.0 == sys::Status::napi_no_external_buffers_allowed
    }

    /// The number that Node-API gave.
    pub(crate) fn number(self) -> i32 {
        self.0
    }
}

fn check(status: sys::napi_status) -> Result<(), Status> {
    if status == sys::Status::napi_ok { Ok(()) } else { Err(Status(status)) }
}

/// Calls a function of Node-API that writes one result behind its other arguments.
macro_rules! call {
    ($function:ident, $zero:expr $(, $arg:expr)*) => {{
        let mut result = $zero;
        // SAFETY: the environment and the values in the arguments are alive, as the module says; `result` has the type that
        //   the declaration asks for, and is written before the call returns; buffers are passed with their true length.
        check(unsafe { sys::$function($($arg,)* &mut result) }).map(|()| result)
    }};
}

use call;

/// The environment of the running callback.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Env<'call> {
    raw: sys::napi_env,
    call: PhantomData<&'call ()>,
}

/// A value of JavaScript, alive as long as the running callback.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub(crate) struct Value<'call> {
    raw: sys::napi_value,
    call: PhantomData<&'call ()>,
}

impl Value<'_> {
    /// No value: room for one.
    pub(crate) const NONE: Self = Value { raw: ptr::null_mut(), call: PhantomData };

    /// A handle that Node-API gave.
    ///
    /// # Safety
    ///
    /// It is of the environment of the callback that runs, and the lifetime ends with it.
    pub(crate) unsafe fn new(raw: sys::napi_value) -> Self {
        Value { raw, call: PhantomData }
    }

    /// The handle.
    pub(crate) fn raw(self) -> sys::napi_value {
        self.raw
    }
}

impl<'call> Env<'call> {
    /// The environment of a callback.
    ///
    /// # Safety
    ///
    /// `raw` is what Node-API gave to the callback that runs, and `'call` ends with it.
    pub(crate) unsafe fn new(raw: sys::napi_env) -> Self {
        Env { raw, call: PhantomData }
    }

    fn wrap(self, raw: sys::napi_value) -> Value<'call> {
        Value { raw, call: PhantomData }
    }

    /// Writes the arguments of the callback, `undefined` where there are fewer, and gives the pointer that its function was
    /// created with.
    ///
    /// Written in place: a copy of what the engine has just stored word by word would wait for the stores.
    #[inline]
    pub(crate) fn arguments(
        self,
        info: sys::napi_callback_info,
        values: &mut [Value<'call>],
    ) -> Result<*mut c_void, Status> {
        let (mut count, mut data) = (values.len(), ptr::null_mut());
        let first = values.as_mut_ptr().cast::<sys::napi_value>();
        // SAFETY: `count` is the length of `values`, whose elements are handles (`repr(transparent)`); a null `this` is
        //   allowed. All elements are written, the missing ones with `undefined`.
        check(unsafe {
            sys::napi_get_cb_info(self.raw, info, &mut count, first, ptr::null_mut(), &mut data)
        })?;
        Ok(data)
    }
}

/// Handles that were made while it lives end with it: a loop over thousands of values would keep them all otherwise.
#[derive(Debug)]
pub(crate) struct Scope<'call> {
    env: Env<'call>,
    raw: sys::napi_handle_scope,
}

impl<'call> Scope<'call> {
    /// A scope within the one that is open.
    pub(crate) fn open(env: Env<'call>) -> Result<Self, Status> {
        call!(napi_open_handle_scope, ptr::null_mut(), env.raw).map(|raw| Scope { env, raw })
    }
}

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        // SAFETY: the scope is the last one opened: scopes are local variables. It fails only if it isn't; nothing follows
        //   from that but handles that live until the callback ends.
        let _ = unsafe { sys::napi_close_handle_scope(self.env.raw, self.raw) };
    }
}
