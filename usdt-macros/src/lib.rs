//! The macros of the crate `usdt-probes`: provider definitions to probe sites.
//!
//! A definition goes through these files: [`parse`] reads tokens into the [`ast`], [`check`] looks for what tracers and
//! the other probes forbid, [`expand`] writes the module, with [`fallback`] for probes that have an error, so that the
//! rest of the user's file still compiles. Nothing here looks at the target: the generated code does.

mod ast;
mod check;
mod cursor;
mod error;
mod expand;
mod fallback;
mod parse;
mod text;

use proc_macro::TokenStream;

/// Turns a module of function signatures into probes. See the crate `usdt-probes`.
#[proc_macro_attribute]
pub fn provider(options: TokenStream, module: TokenStream) -> TokenStream {
    expand::provider(options.into(), module.into()).into()
}
