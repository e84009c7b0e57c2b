//! The native half of the npm package `usdt-probes`: what JavaScript can't do by itself.
//!
//! It is four things, which `napi-binding/lib` builds the package's API on: `open` makes probes from a definition and gives
//! the memory of their semaphores, so that JavaScript itself sees whether somebody watches; a function for each probe fires
//! it; `recorder` keeps the last firings for a core dump; and `backend` says whether there are probes on this system at all.
//!
//! | module | what it does |
//! |---|---|
//! | `env` | Node-API as safe methods |
//! | `definition` | objects → a definition |
//! | `open` | a definition → live probes |
//! | `fire`, `convert`, `number`, `text`, `view` | a firing, and its values |
//! | `recorder` | the last firings, kept |
//! | `memory` | what objects of JavaScript keep alive |
//! | `failure` | what is thrown |
//!
//! # Safety
//!
//! `unsafe` is here because the engine finds this module by the names of two C functions.
#![allow(unsafe_code)]

#[cfg(feature = "bench")]
mod bench;
mod convert;
mod definition;
mod env;
mod failure;
mod fire;
mod memory;
mod number;
mod open;
mod recorder;
mod text;
mod view;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use napi_sys as sys;

use crate::env::{Env, Status, Value};

/// The version of Node-API that this is written for: Node 18 has it.
const NODE_API: i32 = 8;

/// The version of Node-API that the module wants.
// SAFETY: the name is the engine's for this purpose, and nobody else in this library defines it.
#[unsafe(no_mangle)]
pub extern "C" fn node_api_module_get_api_version_v1() -> i32 {
    NODE_API
}

/// Fills the module's `exports`, once for each environment that loads it.
///
/// # Safety
///
/// The engine calls it, with its environment and an object of it.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn napi_register_module_v1(
    env: sys::napi_env,
    exports: sys::napi_value,
) -> sys::napi_value {
    // SAFETY: they are what the engine has given, and aren't kept.
    let (env, exports) = unsafe { (Env::new(env), Value::new(exports)) };
    let filled = catch_unwind(AssertUnwindSafe(|| fill(env, exports)));
    if let Ok(Err(status)) = filled {
        failure::Failure::from(status).throw(env);
        return ptr::null_mut();
    }
    exports.raw()
}

fn fill(env: Env<'_>, exports: Value<'_>) -> Result<(), Status> {
    env.define(
        exports,
        &[
            ("backend", env.string(usdt_core::runtime::BACKEND)?),
            ("version", env.string(env!("CARGO_PKG_VERSION"))?),
            ("open", env.function("open", open::open, ptr::null_mut())?),
            ("recorder", recorder::object(env)?),
        ],
    )
}
