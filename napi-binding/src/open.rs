//! `open(provider, probes)`: a definition in, probes that are live out.
//!
//! # Safety
//!
//! `unsafe` is here because this is a callback of Node-API: it gets raw handles.
#![allow(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use napi_sys as sys;
use usdt_core::runtime::{BACKEND, Probe, Provider, Status};

use crate::definition;
use crate::env::{Env, Value};
use crate::failure::Failure;
use crate::{fire, memory};

/// Why nothing fires in a runtime such as Electron.
const NO_EXTERNAL_MEMORY: &str =
    "this JavaScript runtime can't see memory outside of its own, where tracers say that they watch";

/// The callback.
pub(crate) unsafe extern "C" fn open(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: it is the environment of this callback, and it isn't kept.
    let env = unsafe { Env::new(env) };
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let mut values = [Value::NONE; 2];
        env.arguments(info, &mut values)?;
        let [provider, probes] = values;
        opened(env, &Provider::define(definition::read(env, provider, probes)?)?)
    }));
    match opened.unwrap_or(Err(Failure::Internal("a panic"))) {
        Ok(opened) => opened.raw(),
        Err(failure) => {
            failure.throw(env);
            ptr::null_mut()
        }
    }
}

/// What JavaScript gets.
fn opened<'call>(env: Env<'call>, provider: &Provider) -> Result<Value<'call>, Failure> {
    let probes = provider.probes();
    let status = provider.status();
    let semaphores = match status {
        Status::Unavailable { .. } => None,
        _ => memory::semaphores(env, probes.clone())?,
    };
    let properties = [
        ("fire", env.array(&probes, |_, probe| fire::function(env, probe))?),
        ("status", status_object(env, &status, semaphores.is_some())?),
        ("leftOut", env.array(&probes, |_, probe| left_out(env, probe))?),
        ("enabled", enabled(env, &probes)?),
        ("semaphores", semaphores.map_or_else(|| env.null(), Ok)?),
        #[cfg(feature = "bench")]
        ("loop", env.array(&probes, |_, probe| crate::bench::function(env, probe))?),
    ];
    Ok(env.object(&properties)?)
}

/// What says whether somebody watches, where tracers change no memory.
fn enabled<'call>(env: Env<'call>, probes: &[Probe]) -> Result<Value<'call>, Failure> {
    if BACKEND == "dtrace" {
        env.array(probes, |_, probe| fire::enabled_function(env, probe))
    } else {
        Ok(env.null()?)
    }
}

fn status_object<'call>(
    env: Env<'call>,
    status: &Status,
    has_semaphores: bool,
) -> Result<Value<'call>, Failure> {
    let (kind, detail, text) = match status {
        Status::Visible { .. } | Status::InMemory { .. } | Status::Registered { .. } if !has_semaphores => {
            ("unavailable", "reason", NO_EXTERNAL_MEMORY.to_owned())
        }
        Status::Visible { path } => ("visible", "path", path.display().to_string()),
        Status::Registered { .. } => return Ok(env.object(&[("kind", env.string("registered")?)])?),
        Status::InMemory { why } => ("memory", "reason", why.to_string()),
        Status::Unavailable { why } => ("unavailable", "reason", why.to_string()),
        _ => return Err(Failure::Internal("a status of another kind")),
    };
    Ok(env.object(&[("kind", env.string(kind)?), (detail, env.string(&text)?)])?)
}

/// The indices of the arguments that tracers can't see.
fn left_out<'call>(env: Env<'call>, probe: &Probe) -> Result<Value<'call>, Failure> {
    let all = 0..probe.definition().args.len();
    let left_out: Vec<usize> = all.skip(probe.described()).collect();
    // There are at most 32.
    env.array(&left_out, |_, &index| Ok(env.uint(u32::try_from(index).unwrap_or(u32::MAX))?))
}
