//! What stands in for a probe that has an error: everything that the rest of the file may call, taking anything.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ast::Probe;
use crate::expand::Names;

/// The items of the module and those of the key, in the shape of [`crate::expand`].
pub(crate) fn probe(probe: &Probe, names: &Names) -> TokenStream {
    let Names { function, with, enabled, vis, .. } = names;
    let (generics, params) = (&probe.generics, without_self(&probe.params));
    let shim = names.shim(quote!(($($anything:tt)*) => { () };));
    quote! {
        #[allow(unused, clippy::all)]
        #vis fn #function #generics(#params) {}
        #[allow(unused)]
        #vis fn #with<R>(_: impl ::core::ops::FnOnce() -> R) {}
        #[allow(unused)]
        #vis fn #enabled() -> bool { false }
        #shim
    }
}

/// The arguments that can stand in a function outside of an `impl`.
fn without_self(params: &TokenStream) -> TokenStream {
    let is_self =
        params.clone().into_iter().take_while(|t| t.to_string() != ",").any(|t| t.to_string() == "self");
    let tokens = params.clone().into_iter();
    let kept: TokenStream = if is_self {
        tokens.skip_while(|t| t.to_string() != ",").skip(1).collect()
    } else {
        tokens.collect()
    };
    strip_attributes(kept)
}

/// Attributes on arguments mean nothing to the compiler here, and `json` would be unknown to it.
fn strip_attributes(params: TokenStream) -> TokenStream {
    let mut kept = TokenStream::new();
    let mut tokens = params.into_iter();
    while let Some(token) = tokens.next() {
        if token.to_string() == "#" {
            tokens.next();
        } else {
            kept.extend([token]);
        }
    }
    kept
}
