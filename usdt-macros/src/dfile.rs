//! `dtrace_provider!("orders.d")`: a D file to the modules that `#[provider]` expands.

use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream};
use quote::quote;
use usdt_core::dfile::{self, RustError, RustOptions};

use crate::cursor::{Cursor, is_punct};
use crate::error::{Error, Result, to_compile_errors};
use crate::{check, text};

/// Expands the macro.
pub(crate) fn expand(tokens: TokenStream) -> TokenStream {
    modules(tokens).unwrap_or_else(|error| error.to_compile_error())
}

fn modules(tokens: TokenStream) -> Result<TokenStream> {
    let mut cursor = Cursor::new(tokens, Span::call_site());
    let (given, span) = cursor.string()?;
    let mut errors = Vec::new();
    let (options, module_span) = options(&mut cursor, &mut errors);
    let file = given.ends_with(".d").then(|| root().join(&given));
    let source = match &file {
        Some(path) => read(path).map_err(|message| Error::new(span, message))?,
        None => given.clone(),
    };
    let place = if file.is_some() { given.as_str() } else { "the text" };
    let parsed = dfile::parse(&source).map_err(|error| Error::new(span, format!("{place}:{error}")))?;
    for ignored in &parsed.ignored {
        // The only voice that a macro has without failing.
        eprintln!("note: {place}:{ignored}");
    }
    let rust = parsed.to_rust(&options).map_err(|error| {
        let about_module = matches!(&error, RustError::OneNameFor(_))
            || matches!(&error, RustError::BadName(name) if Some(name) == options.module.as_ref());
        Error::new(module_span.filter(|_| about_module).unwrap_or(span), format!("{place}: {error}"))
    })?;
    let code: TokenStream = rust.parse().map_err(|error| Error::new(span, format!("{place}: {error}")))?;
    // Cargo watches what is included, so that an edit of the file is a reason to build again.
    let watched = file.map(|path| {
        let path = path.to_string_lossy();
        quote!(
            const _: &[::core::primitive::u8] = ::core::include_bytes!(#path);
        )
    });
    let errors = to_compile_errors(&errors);
    Ok(quote!(#errors #code #watched))
}

/// What follows the file, and where the module's name stands. One that is wrong is reported and left out.
fn options(cursor: &mut Cursor, errors: &mut Vec<Error>) -> (RustOptions, Option<Span>) {
    let mut options = RustOptions::default();
    let mut module_span = None;
    while cursor.punct(',').is_some() && !cursor.is_empty() {
        if let Err(error) = option(cursor, &mut options, &mut module_span) {
            errors.push(error);
            cursor.until(&|t| is_punct(t, ','));
        }
    }
    if !cursor.is_empty() {
        errors.push(cursor.expected("`,`"));
    }
    (options, module_span)
}

fn option(cursor: &mut Cursor, options: &mut RustOptions, module_span: &mut Option<Span>) -> Result<()> {
    const KNOWN: &str = "`module = \"…\"`, `probe_format = \"…\"` or `crate = path`";
    let Some(key) = cursor.ident() else { return Err(cursor.expected(KNOWN)) };
    match key.to_string().as_str() {
        "module" => {
            let (module, span) = cursor.string_value("module")?;
            options.module = Some(module);
            *module_span = Some(span);
        }
        // `format` is what the documentation of the crate `usdt` says.
        name @ ("probe_format" | "format") => {
            let (format, span) = cursor.string_value(name)?;
            if let Some(problem) = check::probe_format(&format) {
                return Err(Error::new(span, problem));
            }
            options.probe_format = Some(format);
        }
        "crate" if cursor.punct('=').is_some() => {
            options.krate = text::source(&cursor.until(&|t| is_punct(t, ',')))
        }
        other => {
            return Err(Error::new(
                key.span(),
                format!("unknown option `{other}`: this macro takes {KNOWN}"),
            ));
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(tokens: TokenStream) -> String {
        expand(tokens).to_string()
    }

    #[test]
    fn a_file_is_read_from_the_package() {
        let code = expanded(quote!("tests/good.d", module = "probes"));
        assert!(code.contains("pub mod probes"), "{code}");
        assert!(code.contains("pub fn request__start (id : u64 , path : & str) ;"), "{code}");
        assert!(code.contains("include_bytes"), "{code}");
    }

    #[test]
    fn a_mistake_in_a_file_has_its_place() {
        let code = expanded(quote!("tests/wrong.d"));
        assert!(code.contains("compile_error ! { \"tests/wrong.d:4:35: `time_of_day` "), "{code}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let code = expanded(quote!("tests/nowhere.d"));
        assert!(code.contains("tests/nowhere.d`: "), "{code}");
        assert!(code.contains("a relative path starts at the package's Cargo.toml"), "{code}");
    }
}
