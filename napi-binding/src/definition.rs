//! An object of JavaScript → a definition.
//!
//! The objects may be hostile: a getter or a proxy may throw (its exception goes on to the caller), answer differently each
//! time, or come back into this library. So each property is read once, and nothing is held while reading.

use usdt_core::model::Argument;
use usdt_core::runtime::{ArgType, MAX_ARGUMENTS, MAX_PROBES, ProbeDefinition, ProviderDefinition};

use crate::env::{Env, Kind, Scope, Value};
use crate::failure::Failure;

/// Reads `(provider: string, probes: Array<{ name, doc, args: Array<[name, type]> }>)`.
pub(crate) fn read(
    env: Env<'_>,
    provider: Value<'_>,
    probes: Value<'_>,
) -> Result<ProviderDefinition, Failure> {
    let name = string(env, provider, "the provider's name")?;
    let probes = list(env, probes, MAX_PROBES, "probes", |value| probe(env, value))?;
    Ok(ProviderDefinition { name, probes })
}

fn probe(env: Env<'_>, value: Value<'_>) -> Result<ProbeDefinition, Failure> {
    object(env, value, "a probe")?;
    Ok(ProbeDefinition {
        name: string(env, env.get(value, "name")?, "a probe's name")?,
        doc: string(env, env.get(value, "doc")?, "a probe's doc")?,
        args: list(env, env.get(value, "args")?, MAX_ARGUMENTS, "arguments", |value| argument(env, value))?,
    })
}

fn argument(env: Env<'_>, value: Value<'_>) -> Result<Argument<ArgType>, Failure> {
    object(env, value, "an argument")?;
    let name = string(env, env.element(value, 0)?, "an argument's name")?;
    let code = env.double(env.element(value, 1)?).unwrap_or(0.0);
    let ty = arg_type(code).ok_or_else(|| {
        Failure::Definition(format!("the argument {name:?} has no type that can be: {code}"))
    })?;
    Ok(Argument { name, ty })
}

/// The type with this number, if JavaScript has values for it.
fn arg_type(code: f64) -> Option<ArgType> {
    use ArgType::*;
    let ty = ArgType::ALL.into_iter().find(|&ty| f64::from(ty as u8) == code)?;
    match ty {
        U128 | I128 | Char | JsonResult | Nanoseconds => None,
        ty => Some(ty),
    }
}

/// Reads each element of an array.
pub(crate) fn list<'call, T>(
    env: Env<'call>,
    array: Value<'_>,
    max: usize,
    what: &str,
    mut read: impl FnMut(Value<'call>) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    object(env, array, what)?;
    let len = env.double(env.get(array, "length")?).unwrap_or(-1.0);
    // One comparison for what is no length: negative, a fraction, not a number. (A cast from `f64` saturates.)
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let count = len as u32;
    if f64::from(count) != len {
        return Err(Failure::Definition(format!("{what} must be an array")));
    }
    if count as usize > max {
        return Err(Failure::Definition(format!("there are {count} {what}, and at most {max} are possible")));
    }
    let mut items = Vec::new();
    for index in 0..count {
        let _scope = Scope::open(env)?;
        items.push(read(env.element(array, index)?)?);
    }
    Ok(items)
}

fn object(env: Env<'_>, value: Value<'_>, what: &str) -> Result<(), Failure> {
    match env.kind(value)? {
        Kind::Other => Ok(()),
        kind => Err(Failure::Definition(format!("{what} must be an object, not {kind:?}"))),
    }
}

pub(crate) fn string(env: Env<'_>, value: Value<'_>, what: &str) -> Result<String, Failure> {
    let Ok(len) = env.text_len(value) else {
        return Err(Failure::Definition(format!("{what} must be a string")));
    };
    let mut text = Vec::new();
    text.try_reserve_exact(len + 1).map_err(|_| Failure::Memory)?;
    env.append_text(value, &mut text)?;
    String::from_utf8(text).map_err(|_| Failure::Internal("the engine's UTF-8 is none"))
}
