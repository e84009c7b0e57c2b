//! What JavaScript keeps alive: the memory of the semaphores, and the probes behind functions, until the garbage collector
//! drops the object that leads there, or the environment ends.
//!
//! # Safety
//!
//! Rust's ownership goes through Node-API as a raw pointer, and comes back in a finalizer, which the engine runs once.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::panic::catch_unwind;

use napi_sys as sys;
use usdt_core::runtime::Probe;

use crate::env::{Callback, Env, Value};
use crate::failure::Failure;

/// A `Uint16Array` over the semaphores of probes that were defined together, which it keeps mapped. `None` where the
/// runtime doesn't let JavaScript see memory that isn't its own.
pub(crate) fn semaphores<'call>(
    env: Env<'call>,
    probes: Vec<Probe>,
) -> Result<Option<Value<'call>>, Failure> {
    let count = probes.len();
    let Some(first) = probes.first() else {
        return Ok(Some(env.uint16_array(env.empty_buffer()?, 0)?));
    };
    let start = first.semaphore().as_ptr();
    // What `Probe::semaphore` promises, and all that follows depends on.
    if probes.iter().enumerate().any(|(i, probe)| probe.semaphore().as_ptr() != start.wrapping_add(i)) {
        return Err(Failure::Internal("the semaphores are not side by side"));
    }
    let owner = Box::into_raw(Box::new(probes)).cast::<c_void>();
    // SAFETY: so many semaphores of two bytes lie there, as checked above, for as long as the probes exist, which `owner`
    //   keeps until `free`.
    let buffer = unsafe { env.external_buffer(start.cast(), count * 2, free::<Vec<Probe>>, owner) };
    match buffer {
        Ok(buffer) => Ok(Some(env.uint16_array(buffer, count)?)),
        Err(status) if status.forbids_external_memory() => {
            // SAFETY: the pointer was made by `Box::into_raw` above, and the engine has not taken it.
            drop(unsafe { Box::from_raw(owner.cast::<Vec<Probe>>()) });
            Ok(None)
        }
        // Nobody says whether the finalizer runs nevertheless: better a leak than to free it twice.
        Err(status) => Err(status.into()),
    }
}

/// A function that calls `callback` with a pointer to `data`, which lives as long as the function.
pub(crate) fn function<'call, T>(
    env: Env<'call>,
    name: &str,
    callback: Callback,
    data: T,
) -> Result<Value<'call>, Failure> {
    let owner = Box::into_raw(Box::new(data)).cast::<c_void>();
    let function = env.function(name, callback, owner).and_then(|function| {
        // SAFETY: `free` takes the pointer for what it is, a box of this type.
        unsafe { env.on_collected(function, free::<T>, owner) }.map(|()| function)
    });
    function.map_err(|status| {
        // SAFETY: the pointer was made by `Box::into_raw` above; without a finalizer it is still ours, and without the
        //   function being given to anybody nobody calls it.
        drop(unsafe { Box::from_raw(owner.cast::<T>()) });
        status.into()
    })
}

/// Drops a box that was given to the engine.
unsafe extern "C" fn free<T>(env: sys::napi_env, data: *mut c_void, hint: *mut c_void) {
    // For memory, Node-API's `data` is the memory itself, and `hint` the owner; for functions there is only `data`.
    let _ = env;
    let owner = if hint.is_null() { data } else { hint };
    // A panic must not reach the engine. What could panic here (a poisoned lock, a failed `munmap`) leaves a leak.
    let _ = catch_unwind(|| {
        // SAFETY: `owner` was made by `Box::into_raw` from a `Box<T>`, and the engine runs a finalizer once.
        drop(unsafe { Box::from_raw(owner.cast::<T>()) });
    });
}
