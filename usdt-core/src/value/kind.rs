//! Which road an argument takes, decided by its type and never by how the type is spelled.
//!
//! `Kind::<T>::LAYOUT` names an inherent item where `T` is an [`Arg`], since inherent items win; for any other `T` it names
//! the item of the trait [`Fallback`], which is the road of JSON. Generated code has both in scope, and with a concrete
//! `T` the compiler chooses.

use core::marker::PhantomData;

use super::plan::Layout;
use super::{Arg, Operands, Scratch, Value};

/// The type of an argument, as something that can be asked.
#[derive(Debug)]
pub struct Kind<T: ?Sized>(PhantomData<T>);

impl<'a, T: Arg + ?Sized + 'a> Kind<T> {
    /// How its operands lie.
    pub const LAYOUT: Layout = Layout::of(<T::Value<'a> as Value>::TYPE, <T::Value<'a> as Value>::COPIED);

    /// The operands of a value.
    #[inline]
    pub fn lower(value: &T, scratch: &mut Scratch<'_>) -> Operands {
        value.value().lower(scratch)
    }
}

/// The road of types that are not an [`Arg`].
pub trait Fallback {
    /// The argument's type.
    type Of: ?Sized;

    /// How its operands lie.
    const LAYOUT: Layout = Layout::of(crate::model::ArgType::JsonResult, true);

    /// The operands of a value.
    fn lower(value: &Self::Of, scratch: &mut Scratch<'_>) -> Operands
    where
        Self::Of: Json;
}

impl<T: ?Sized> Fallback for Kind<T> {
    type Of = T;

    #[inline]
    fn lower(value: &T, scratch: &mut Scratch<'_>) -> Operands
    where
        T: Json,
    {
        [value.result(scratch), 0]
    }
}

/// The road of an argument with `#[json]`: the value alone, whatever else its type may be.
#[derive(Debug)]
pub struct JsonKind<T: ?Sized>(PhantomData<T>);

impl<T: ?Sized> JsonKind<T> {
    /// How its operands lie.
    pub const LAYOUT: Layout = Layout::of(crate::model::ArgType::Json, true);

    /// The operands of a value.
    #[inline]
    pub fn lower(value: &T, scratch: &mut Scratch<'_>) -> Operands
    where
        T: PlainJson,
    {
        [value.plain(scratch), 0]
    }
}

/// What an argument without `#[json]` can be that is not an [`Arg`]. It has no implementation without the feature `json`.
#[cfg_attr(
    not(feature = "json"),
    diagnostic::on_unimplemented(
        message = "`{Self}` can't be an argument of a probe",
        label = "not a value that tracers understand",
        note = "implement `usdt_probes::Arg` for a type of yours (two lines): `type Value<'a> = u64; fn value(&self) -> u64 {{ … }}`",
        note = "or enable the feature `json` of `usdt-probes` and derive `serde::Serialize`: it then travels as JSON text"
    )
)]
#[cfg_attr(
    feature = "json",
    diagnostic::on_unimplemented(
        message = "`{Self}` can't be an argument of a probe",
        label = "neither a value that tracers understand nor something that can be written as JSON",
        note = "derive `serde::Serialize` for a type of yours: it then travels as JSON text",
        note = "or implement `usdt_probes::Arg` for it (two lines): `type Value<'a> = u64; fn value(&self) -> u64 {{ … }}`"
    )
)]
#[cfg_attr(
    not(feature = "std"),
    diagnostic::on_unimplemented(
        note = "or enable the feature `std` of `usdt-probes`, which brings owned text and bytes, paths and smart pointers"
    )
)]
pub trait Json {
    /// The address of `{"ok": value}` or `{"err": "message"}`.
    fn result(&self, scratch: &mut Scratch<'_>) -> u64;
}

/// What an argument with `#[json]` can be. It has no implementation without the feature `json`.
#[cfg_attr(
    not(feature = "json"),
    diagnostic::on_unimplemented(
        message = "`{Self}` can't be written as JSON without the feature `json`",
        label = "`#[json]` needs the feature",
        note = "enable the feature `json` of `usdt-probes`, or leave `#[json]` out where the type is one that tracers understand"
    )
)]
#[cfg_attr(
    feature = "json",
    diagnostic::on_unimplemented(
        message = "`{Self}` can't be written as JSON",
        label = "doesn't implement `serde::Serialize`",
        note = "derive `serde::Serialize` for a type of yours"
    )
)]
pub trait PlainJson {
    /// The address of the value alone.
    fn plain(&self, scratch: &mut Scratch<'_>) -> u64;
}

#[cfg(feature = "json")]
#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + ?Sized> Json for T {
    fn result(&self, scratch: &mut Scratch<'_>) -> u64 {
        super::json::result(self, scratch)
    }
}

#[cfg(feature = "json")]
#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + ?Sized> PlainJson for T {
    fn plain(&self, scratch: &mut Scratch<'_>) -> u64 {
        super::json::plain(self, scratch)
    }
}
