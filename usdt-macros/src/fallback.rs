//! What stands in for a probe that has an error: everything that the rest of the file may call, taking anything.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;

use crate::ast::Probe;
use crate::cursor::{Cursor, is_punct};
use crate::expand::Names;

/// The items of the module and those of the key, in the shape of [`crate::expand`].
pub(crate) fn probe(probe: &Probe, names: &Names) -> TokenStream {
    let Names { function, with, enabled, vis, cfgs, .. } = names;
    let (generics, params) = (&probe.generics, params(&probe.params));
    let shim = names.shim(quote!(($($anything:tt)*) => { () };));
    quote! {
        #cfgs
        #[doc(hidden)]
        #[allow(unused, clippy::all)]
        #vis fn #function #generics(#params) {}
        #cfgs
        #[doc(hidden)]
        #[allow(unused)]
        #vis fn #with<R>(_: impl ::core::ops::FnOnce() -> R) {}
        #cfgs
        #[doc(hidden)]
        #[allow(unused)]
        #vis fn #enabled() -> ::core::primitive::bool { false }
        #shim
    }
}

/// The parameters by their types, without `self`. Where none can be made out, anything is taken.
fn params(params: &TokenStream) -> TokenStream {
    let mut cursor = Cursor::new(params.clone(), Span::call_site());
    let mut nameless = TokenStream::new();
    while !cursor.is_empty() {
        if let Some(ty) = param(cursor.until(&|t| is_punct(t, ','))) {
            nameless.extend(quote!(_: #ty,));
        }
        cursor.punct(',');
    }
    nameless
}

fn param(whole: TokenStream) -> Option<TokenStream> {
    let mut cursor = Cursor::new(whole, Span::call_site());
    let pattern = cursor.until(&|t| is_punct(t, ':'));
    if pattern.into_iter().any(|t| matches!(&t, TokenTree::Ident(i) if i == "self")) {
        return None;
    }
    cursor.punct(':');
    let ty = cursor.until(&|_| false);
    Some(if ty.is_empty() { quote!(impl ::core::marker::Sized) } else { ty })
}
