//! What a provider's definition says, with the user's tokens kept for errors.

use proc_macro2::{Group, Ident, Span, TokenStream};

/// `#[provider(…)]`: what stands in the brackets.
pub(crate) struct Options {
    /// The path of the crate `usdt-probes`.
    pub(crate) krate: TokenStream,
    /// `name = "…"`, if it isn't the module's.
    pub(crate) name: Option<(String, Span)>,
    /// `probe_format = "…"`: how a probe's Rust name is made from `{provider}` and `{probe}`.
    pub(crate) probe_format: Option<(String, Span)>,
}

/// The module: the provider itself, or one inside that only groups its probes.
pub(crate) struct Module {
    pub(crate) attrs: Vec<Attr>,
    pub(crate) vis: TokenStream,
    pub(crate) ident: Ident,
    pub(crate) items: Vec<Item>,
}

/// What stands in a module.
pub(crate) enum Item {
    Probe(Probe),
    Module(Module),
    /// A `use` line or a type alias, kept as it is.
    Verbatim(TokenStream),
}

/// `fn name(args);`
pub(crate) struct Probe {
    pub(crate) attrs: Vec<Attr>,
    pub(crate) vis: TokenStream,
    pub(crate) ident: Ident,
    pub(crate) args: Vec<Arg>,
    /// What stands in `<…>` and `(…)`, to put something in the place of a probe that has an error.
    pub(crate) generics: TokenStream,
    pub(crate) params: TokenStream,
    /// An error has been reported: there is no probe to write.
    pub(crate) broken: bool,
}

/// `#[json] name: Type`
pub(crate) struct Arg {
    /// `None` for `_`.
    pub(crate) name: Option<Ident>,
    pub(crate) json: bool,
    pub(crate) ty: Type,
}

/// The type of an argument.
pub(crate) struct Type {
    /// As the user wrote it.
    pub(crate) written: TokenStream,
    /// How many `&` stand before it.
    pub(crate) refs: usize,
    /// Without them.
    pub(crate) inner: TokenStream,
    pub(crate) passed: Passed,
}

/// How a value gets from a site to the probe's cold function, and what a closure may give for it. It changes nothing of
/// what a tracer sees: that is decided by the type.
pub(crate) enum Passed {
    /// A number or pointer, by value. A closure gives it or a reference to it.
    Copied,
    /// Text. A closure gives anything that is `AsRef<str>`.
    Text,
    /// A slice or an array of this element. A closure gives anything that is `AsRef<[T]>`.
    Slice(TokenStream),
    /// Anything else, by reference. A closure gives what borrows as it.
    Borrowed,
}

/// An attribute, `#[…]`.
pub(crate) struct Attr {
    pub(crate) name: String,
    /// All of it.
    pub(crate) tokens: TokenStream,
    /// What stands in the brackets.
    pub(crate) group: Group,
}
