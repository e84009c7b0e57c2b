//! `recorder`: the flight recorder of this process, for JavaScript.
//!
//! There is one a process, with whatever fires in any of its threads: which environment starts or stops it makes no difference.
//!
//! # Safety
//!
//! `unsafe` is here because these are callbacks of Node-API: they get raw handles.
#![allow(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use napi_sys as sys;
use usdt_core::recorder::{self, Error, Options};
use usdt_core::runtime::MAX_PROBES;

use crate::definition::{list, string};
use crate::env::{Env, Kind, Status, Value};
use crate::failure::Failure;

/// The object with the three functions.
pub(crate) fn object(env: Env<'_>) -> Result<Value<'_>, Status> {
    env.object(&[
        ("start", env.function("start", start, ptr::null_mut())?),
        ("stop", env.function("stop", stop, ptr::null_mut())?),
        ("isRunning", env.function("isRunning", is_running, ptr::null_mut())?),
    ])
}

/// `start({ firings, text, firingSize, providers })`, each of which may be `undefined`: says what came of it.
unsafe extern "C" fn start(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: as the environment of this callback, which is all that it is used for.
    unsafe { answer(env, |env| started(env, recorder::start(options(env, info)?))) }
}

/// `stop()`.
unsafe extern "C" fn stop(env: sys::napi_env, _: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: as above.
    unsafe {
        answer(env, |env| {
            recorder::stop();
            Ok(env.undefined()?)
        })
    }
}

/// `isRunning()`.
unsafe extern "C" fn is_running(env: sys::napi_env, _: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: as above.
    unsafe { answer(env, |env| Ok(env.bool(recorder::is_running())?)) }
}

/// What a callback gives to JavaScript: the value, or nothing after something was thrown.
///
/// # Safety
///
/// `env` is the environment of the callback that runs.
unsafe fn answer(
    env: sys::napi_env,
    run: impl for<'call> FnOnce(Env<'call>) -> Result<Value<'call>, Failure>,
) -> sys::napi_value {
    // SAFETY: as the caller says, and it isn't kept.
    let env = unsafe { Env::new(env) };
    match catch_unwind(AssertUnwindSafe(|| run(env))).unwrap_or(Err(Failure::Internal("a panic"))) {
        Ok(value) => value.raw(),
        Err(failure) => {
            failure.throw(env);
            ptr::null_mut()
        }
    }
}

fn options(env: Env<'_>, info: sys::napi_callback_info) -> Result<Options, Failure> {
    let mut values = [Value::NONE];
    env.arguments(info, &mut values)?;
    let [given] = values;
    let mut options = Options::new();
    if let Some(count) = number(env, given, "firings")? {
        options = options.firings(count);
    }
    if let Some(bytes) = number(env, given, "text")? {
        options = options.text(bytes);
    }
    if let Some(bytes) = number(env, given, "firingSize")? {
        options = options.firing_size(bytes);
    }
    let providers = env.get(given, "providers")?;
    if env.kind(providers)? != Kind::Undefined {
        let pattern = |value| string(env, value, "a provider's name");
        options = options.providers(list(env, providers, MAX_PROBES, "providers", pattern)?);
    }
    Ok(options)
}

/// A number among the options; `None` if it isn't there.
fn number(env: Env<'_>, given: Value<'_>, name: &str) -> Result<Option<usize>, Failure> {
    // A cast from `f64` saturates, and the recorder refuses what is too much.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let number = env.double(env.get(given, name)?).ok().map(|number| number as usize);
    Ok(number)
}

fn started<'call>(env: Env<'call>, result: Result<(), Error>) -> Result<Value<'call>, Failure> {
    let kind = match &result {
        Ok(()) => "started",
        Err(Error::AlreadyStarted) => "running",
        Err(error) => {
            let reason = env.string(&error.to_string())?;
            return Ok(env.object(&[("kind", env.string("unavailable")?), ("reason", reason)])?);
        }
    };
    Ok(env.object(&[("kind", env.string(kind)?)])?)
}
