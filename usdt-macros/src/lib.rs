//! The macros of the crate `usdt-probes`: provider definitions to probe sites.
//!
//! A definition goes through these files: `parse` reads tokens into the `ast`, `check` looks for what tracers and the
//! other probes forbid, `expand` writes the module, with `fallback` for probes that have an error, so that the rest of
//! the user's file still compiles. Nothing here looks at the target: the generated code does. `dfile` turns a D file into
//! such a module first.

mod ast;
mod check;
mod cursor;
mod dfile;
mod error;
mod expand;
mod fallback;
mod parse;
mod text;

use proc_macro::TokenStream;

/// Turns a module of function signatures into probes.
///
/// The options are `name = "…"` (or `provider = "…"`), the provider's name if it isn't the module's; `probe_format = "…"`,
/// which makes a probe's Rust name from `{provider}` and `{probe}`; `crate = path`, where the crate `usdt-probes` has
/// another name. What the module may hold and what comes of it is told in the documentation of the crate `usdt-probes`.
#[proc_macro_attribute]
pub fn provider(options: TokenStream, module: TokenStream) -> TokenStream {
    expand::provider(options.into(), module.into()).into()
}

/// Turns the providers of a D file into probes, as [`macro@provider`] does for a module.
///
/// The path starts at the package's `Cargo.toml`; text that doesn't end in `.d` is taken as the D source itself. After the
/// path may follow `module = "…"`, the module's name if it isn't the provider's, and the options `probe_format` and
/// `crate` of [`macro@provider`]. Editing the file builds the crate again.
#[proc_macro]
pub fn dtrace_provider(file: TokenStream) -> TokenStream {
    dfile::expand(file.into()).into()
}
