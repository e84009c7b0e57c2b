//! What the benchmark compares with: a loop of firings that nobody in JavaScript takes part in.
//!
//! # Safety
//!
//! `unsafe` is here because this is a callback of Node-API: it gets raw handles and the pointer that its function was made
//! with.
#![allow(unsafe_code)]

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use napi_sys as sys;
use usdt_core::runtime::{ArgType, Dynamic, Probe};

use crate::env::{Env, Value};
use crate::failure::Failure;
use crate::memory;

/// The text that the benchmark fires from JavaScript too.
const TEXT: &str = "a path of sixty-four bytes, which is what a request may look lik";

/// The function `loop(n)`: fires the probe `n` times.
///
/// It is the same [`Probe`] that the function in `fire` fires, so the semaphore, the stub and the nop are the same too. What
/// JavaScript's firings have and this one hasn't is the call from JavaScript and the conversion of its values; what both
/// have is everything that a firing from Rust has, from the look at the semaphore to the trap.
pub(crate) fn function<'call>(env: Env<'call>, probe: &Probe) -> Result<Value<'call>, Failure> {
    memory::function(env, "loop", fire_often, probe.clone())
}

unsafe extern "C" fn fire_often(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: it is the environment of this callback, and it isn't kept.
    let env = unsafe { Env::new(env) };
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let mut values = [Value::NONE];
        let Ok(data) = env.arguments(info, &mut values) else { return };
        let [count] = values;
        // SAFETY: `memory::function` has made the function with a pointer to a `Probe` that lives as long as the function.
        let probe = unsafe { &*data.cast::<Probe>() };
        let values: Vec<Dynamic<'_>> = probe.definition().args.iter().map(|arg| value(arg.ty)).collect();
        let mut left = env.double(count).unwrap_or(0.0);
        while left >= 1.0 {
            black_box(probe).fire_values(black_box(&values));
            left -= 1.0;
        }
    }));
    ptr::null_mut()
}

/// A value of the declared type, as a program in Rust has it at hand.
fn value(declared: ArgType) -> Dynamic<'static> {
    use ArgType::*;
    match declared {
        Str | CStr => Dynamic::Str(TEXT),
        // As long as what the benchmark's object is as text.
        Json => Dynamic::Str(r#"{"id":4242,"ok":true}"#),
        Bytes => Dynamic::Bytes(TEXT.as_bytes()),
        F32 | F64 => Dynamic::F64(42.5),
        Bool => Dynamic::Bool(true),
        I8 | I16 | I32 | I64 => Dynamic::I64(42),
        _ => Dynamic::U64(42),
    }
}
