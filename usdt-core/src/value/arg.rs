//! The door for users' types.

use super::Value;

/// A type that can be an argument of a probe.
///
/// It is implemented for everything that tracers understand and for the usual wrappers around it (references, `Box`, `Rc`,
/// `Arc`, `Cow`, `Option`, `NonZero*`, atomics). A type of your own needs two lines:
///
/// ```
/// # use usdt_core as usdt_probes;
/// # use usdt_core::value::Arg;
/// struct OrderId(u64);
///
/// impl Arg for OrderId {
///     type Value<'a> = u64;
///     fn value(&self) -> u64 { self.0 }
/// }
///
/// struct Name(String);
///
/// impl Arg for Name {
///     type Value<'a> = &'a str;
///     fn value(&self) -> &str { &self.0 }
/// }
/// ```
///
/// `value` runs only while a tracer is attached. If it panics, the panic goes on into the code that fired the probe.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an argument of a probe",
    label = "neither a value that tracers understand nor a type of yours that says how it becomes one",
    note = "implement `usdt_probes::Arg` for it (two lines), or enable the feature `json` of `usdt-probes` and derive `serde::Serialize`"
)]
pub trait Arg {
    /// What travels to the tracer: a number, a `&'a str`, … (see [`Value`]).
    type Value<'a>: Value
    where
        Self: 'a;

    /// The value of one firing.
    fn value(&self) -> Self::Value<'_>;
}
