//! A firing: the function that JavaScript calls while somebody watches.
//!
//! # Safety
//!
//! `unsafe` is here because this is a callback of Node-API: it gets raw handles and the pointer that its function was made
//! with.
#![allow(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use napi_sys as sys;
use usdt_core::model::MAX_OPERANDS;
use usdt_core::runtime::{ArgType, Dynamic, Probe};

use crate::convert::convert;
use crate::env::{Env, Value};
use crate::failure::Failure;
use crate::memory;
use crate::text::{Heap, Room, Stack};

/// What a function fires.
#[derive(Debug)]
pub(crate) struct Target {
    /// The probe.
    pub(crate) probe: Probe,
    /// The types of the arguments that tracers can see: no more than there are operands.
    types: Box<[ArgType]>,
}

impl Target {
    /// The target of a probe.
    pub(crate) fn new(probe: &Probe) -> Self {
        let types = probe.definition().args.iter().take(probe.described().min(MAX_OPERANDS));
        Target { types: types.map(|arg| arg.ty).collect(), probe: probe.clone() }
    }
}

/// The function that fires the probe.
pub(crate) fn function<'call>(env: Env<'call>, probe: &Probe) -> Result<Value<'call>, Failure> {
    memory::function(env, probe.name(), fire, Target::new(probe))
}

/// `fire(v0, v1, …)`. It returns `undefined` and never throws.
unsafe extern "C" fn fire(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: it is the environment of this callback, and it isn't kept.
    let env = unsafe { Env::new(env) };
    // It can't panic; if it does, then not into the engine.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        // What no tracer sees is past the last operand, so the arguments there are of no interest.
        let mut values = [Value::NONE; MAX_OPERANDS];
        let Ok(data) = env.arguments(info, &mut values) else { return };
        // SAFETY: `memory::function` has made the function with a pointer to a `Target` that lives as long as the function,
        //   and the function is being called.
        let target = unsafe { &*data.cast::<Target>() };
        if target.probe.is_enabled() {
            deliver(env, target, &values);
        }
    }));
    ptr::null_mut()
}

/// The function that says whether somebody watches the probe.
pub(crate) fn enabled_function<'call>(env: Env<'call>, probe: &Probe) -> Result<Value<'call>, Failure> {
    memory::function(env, probe.name(), enabled, Target::new(probe))
}

/// `enabled()`. It never throws.
unsafe extern "C" fn enabled(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: it is the environment of this callback, and it isn't kept.
    let env = unsafe { Env::new(env) };
    let enabled = catch_unwind(AssertUnwindSafe(|| {
        let Ok(data) = env.arguments(info, &mut []) else { return false };
        // SAFETY: as in `fire`.
        let target = unsafe { &*data.cast::<Target>() };
        target.probe.is_enabled()
    }));
    env.bool(enabled.unwrap_or(false)).map_or(ptr::null_mut(), Value::raw)
}

fn deliver(env: Env<'_>, target: &Target, values: &[Value<'_>; MAX_OPERANDS]) {
    let heap: [Heap; MAX_OPERANDS] = Default::default();
    convert_and_fire(env, target, values, &heap);
}

/// Has little on the stack but the texts: tracers copy a piece of it, from where the probe fires on, and look for them there.
#[inline(never)]
fn convert_and_fire(
    env: Env<'_>,
    target: &Target,
    values: &[Value<'_>; MAX_OPERANDS],
    heap: &[Heap; MAX_OPERANDS],
) {
    let mut local = Local { texts: Stack::new(), converted: [Dynamic::None; MAX_OPERANDS] };
    let mut room = Room::new(&mut local.texts);
    let arguments = target.types.iter().zip(values).zip(heap);
    for (place, ((&declared, &value), heap)) in local.converted.iter_mut().zip(arguments) {
        *place = convert(env, value, declared, &mut room, heap);
    }
    target.probe.fire_values(&local.converted[..target.types.len()]);
}

/// The texts come first: they are nearer to where the probe fires then.
#[repr(C)]
struct Local<'texts> {
    texts: Stack,
    converted: [Dynamic<'texts>; MAX_OPERANDS],
}
