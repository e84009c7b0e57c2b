//! `dtrace_provider!("orders.d")`: a D file to the modules that `#[provider]` expands.

use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream};
use quote::quote;
use usdt_core::dfile::{self, RustOptions};

use crate::cursor::{Cursor, is_punct};
use crate::error::{Error, Result};
use crate::text;

/// Expands the macro.
pub(crate) fn expand(tokens: TokenStream) -> TokenStream {
    modules(tokens).unwrap_or_else(|error| error.to_compile_error())
}

fn modules(tokens: TokenStream) -> Result<TokenStream> {
    let mut cursor = Cursor::new(tokens, Span::call_site());
    let (given, span) = cursor.string()?;
    let options = options(&mut cursor)?;
    let file = given.ends_with(".d").then(|| root().join(&given));
    let source = match &file {
        Some(path) => read(path).map_err(|message| Error::new(span, message))?,
        None => given.clone(),
    };
    let place = if file.is_some() { given.as_str() } else { "the text" };
    let at =
        |message: &dyn std::fmt::Display, separator| Error::new(span, format!("{place}{separator}{message}"));
    let parsed = dfile::parse(&source).map_err(|error| at(&error, ":"))?;
    for ignored in &parsed.ignored {
        // The only voice that a macro has without failing.
        eprintln!("note: {place}:{ignored}");
    }
    let rust = parsed.to_rust(&options).map_err(|error| at(&error, ": "))?;
    let code: TokenStream = rust.parse().map_err(|error| at(&error, ": "))?;
    // Cargo watches what is included, so that an edit of the file is a reason to build again.
    let watched = file.map(|path| {
        let path = path.to_string_lossy();
        quote!(
            const _: &[::core::primitive::u8] = ::core::include_bytes!(#path);
        )
    });
    Ok(quote!(#code #watched))
}

fn options(cursor: &mut Cursor) -> Result<RustOptions> {
    const KNOWN: &str = "`module = \"…\"`, `probe_format = \"…\"` or `crate = path`";
    let mut options = RustOptions::default();
    while cursor.punct(',').is_some() && !cursor.is_empty() {
        let Some(key) = cursor.ident() else { return Err(cursor.expected(KNOWN)) };
        match key.to_string().as_str() {
            "module" => options.module = Some(cursor.string_value("module")?.0),
            name @ ("probe_format" | "format") => options.probe_format = Some(cursor.string_value(name)?.0),
            "crate" if cursor.punct('=').is_some() => {
                options.krate = text::source(&cursor.until(|t| is_punct(t, ',')))
            }
            _ => return Err(Error::new(key.span(), format!("unknown option: this macro takes {KNOWN}"))),
        }
    }
    if cursor.is_empty() { Ok(options) } else { Err(cursor.expected("`,`")) }
}

/// Where the package is: what a relative path starts from.
fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from)
}

fn read(path: &Path) -> std::result::Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| {
        format!(
            "can't read `{}`: {error}; a relative path starts at the package's Cargo.toml",
            path.display()
        )
    })
}
