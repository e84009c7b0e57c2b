//! Tokens to the AST. What is wrong is reported and read as well as can be, so that one error is not followed by others.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use crate::ast::{Arg, Attr, Item, Module, Options, Passed, Probe, Type};
use crate::cursor::{Cursor, is_punct};
use crate::error::{Error, Result};
use crate::text;

/// Reads what stands in the brackets of `#[provider(…)]`.
pub(crate) fn options(tokens: TokenStream, errors: &mut Vec<Error>) -> Options {
    let mut options = Options { krate: quote!(::usdt_probes), name: None, probe_format: None };
    let mut cursor = Cursor::new(tokens, Span::call_site());
    while !cursor.is_empty() {
        if let Err(error) = option(&mut cursor, &mut options) {
            errors.push(error);
            cursor.until(|t| is_punct(t, ','));
        }
        if cursor.punct(',').is_none() && !cursor.is_empty() {
            errors.push(cursor.expected("`,`"));
            break;
        }
    }
    options
}

fn option(cursor: &mut Cursor, options: &mut Options) -> Result<()> {
    const KNOWN: &str = "`name = \"…\"`, `probe_format = \"…\"` or `crate = path`";
    let Some(key) = cursor.ident() else { return Err(cursor.expected(KNOWN)) };
    match key.to_string().as_str() {
        name @ ("name" | "provider") => options.name = Some(cursor.string_value(name)?),
        "probe_format" => options.probe_format = Some(cursor.string_value("probe_format")?),
        "crate" => {
            if cursor.punct('=').is_none() {
                return Err(cursor.expected("`crate = path`"));
            }
            options.krate = cursor.until(|t| is_punct(t, ','));
            if options.krate.is_empty() {
                return Err(cursor.expected("a path"));
            }
        }
        other => {
            return Err(Error::new(
                key.span(),
                format!("unknown option `{other}`: a provider takes {KNOWN}"),
            ));
        }
    }
    Ok(())
}

/// Reads the module under the attribute.
pub(crate) fn provider(tokens: TokenStream, errors: &mut Vec<Error>) -> Result<Module> {
    let mut cursor = Cursor::new(tokens, Span::call_site());
    let attrs = attributes(&mut cursor);
    let vis = visibility(&mut cursor);
    module(&mut cursor, attrs, vis, errors)
}

fn module(
    cursor: &mut Cursor,
    attrs: Vec<Attr>,
    vis: TokenStream,
    errors: &mut Vec<Error>,
) -> Result<Module> {
    let hint = "a module of probes: `mod orders { pub fn request_start(id: u64); }`";
    if cursor.word("mod").is_none() {
        return Err(cursor.expected(hint));
    }
    let Some(ident) = cursor.ident() else { return Err(cursor.expected("the module's name")) };
    let Some(body) = cursor.group(Delimiter::Brace) else {
        return Err(Error::new(
            ident.span(),
            format!(
                "the probes must stand here, in braces after `mod {ident}`: a file of its own can't be read by a macro"
            ),
        ));
    };
    Ok(Module { attrs, vis, ident, items: items(&body, errors) })
}

fn items(body: &Group, errors: &mut Vec<Error>) -> Vec<Item> {
    let mut cursor = Cursor::new(body.stream(), body.span());
    let mut items = Vec::new();
    while !cursor.is_empty() {
        match item(&mut cursor, errors) {
            Ok(item) => items.push(item),
            Err(error) => {
                errors.push(error);
                skip_item(&mut cursor);
            }
        }
    }
    items
}

fn item(cursor: &mut Cursor, errors: &mut Vec<Error>) -> Result<Item> {
    let attrs = attributes(cursor);
    let vis = visibility(cursor);
    if cursor.peek_word("use") || cursor.peek_word("type") {
        let line = cursor.until(|t| is_punct(t, ';'));
        let end = cursor.punct(';');
        let attrs = attrs.iter().map(|a| &a.group).map(|g| quote!(# #g));
        return Ok(Item::Verbatim(quote!(#(#attrs)* #vis #line #end)));
    }
    if cursor.peek_word("mod") {
        return module(cursor, attrs, vis, errors).map(Item::Module);
    }
    probe(cursor, attrs, vis, errors).map(Item::Probe)
}

fn skip_item(cursor: &mut Cursor) {
    while let Some(token) = cursor.next() {
        let brace = matches!(&token, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace);
        if brace || is_punct(&token, ';') {
            break;
        }
    }
}

fn attributes(cursor: &mut Cursor) -> Vec<Attr> {
    let mut attrs = Vec::new();
    while let Some(hash) = cursor.punct('#') {
        let Some(group) = cursor.group(Delimiter::Bracket) else { break };
        let name =
            group.stream().into_iter().take_while(|t| !matches!(t, TokenTree::Group(_)) && !is_punct(t, '='));
        let name = text::source(&name.collect());
        attrs.push(Attr { name, span: hash.span(), group });
    }
    attrs
}

fn visibility(cursor: &mut Cursor) -> TokenStream {
    let mut vis = TokenStream::new();
    if let Some(word) = cursor.word("pub") {
        word.to_tokens(&mut vis);
        cursor.group(Delimiter::Parenthesis).to_tokens(&mut vis);
    }
    vis
}

fn probe(cursor: &mut Cursor, attrs: Vec<Attr>, vis: TokenStream, errors: &mut Vec<Error>) -> Result<Probe> {
    let before = errors.len();
    qualifiers(cursor, errors)?;
    let Some(ident) = cursor.ident() else { return Err(cursor.expected("the probe's name")) };
    let generics = generics(cursor, errors);
    let Some(params) = cursor.group(Delimiter::Parenthesis) else {
        return Err(cursor.expected(&format!("the probe's arguments: `fn {ident}(id: u64);`")));
    };
    after_params(cursor, &ident, errors);
    let args = arguments(&params, errors);
    Ok(Probe { attrs, vis, ident, args, generics, params: params.stream(), broken: errors.len() > before })
}

/// Reads up to `fn`.
fn qualifiers(cursor: &mut Cursor, errors: &mut Vec<Error>) -> Result<()> {
    loop {
        if cursor.word("fn").is_some() {
            return Ok(());
        }
        let word = ["async", "const", "unsafe", "extern"].into_iter().find(|w| cursor.peek_word(w));
        let Some(word) = word else {
            return Err(cursor.expected(
                "a probe (`fn name(id: u64);`), a `use` line, a type alias or a module of probes",
            ));
        };
        errors.push(Error::new(
            cursor.span(),
            format!("a probe can't be `{word}`: it fires where it is called; write `fn`"),
        ));
        cursor.next();
        if word == "extern" {
            let _abi = cursor.string();
        }
    }
}

fn generics(cursor: &mut Cursor, errors: &mut Vec<Error>) -> TokenStream {
    if !cursor.peek_punct('<') {
        return TokenStream::new();
    }
    errors.push(Error::new(
        cursor.span(),
        "a probe can't be generic: what a tracer reads has one type; write concrete types, and convert at the call",
    ));
    cursor.until(|t| matches!(t, TokenTree::Group(g) if g.delimiter() == Delimiter::Parenthesis))
}

/// Reads from the arguments to the end of the item.
fn after_params(cursor: &mut Cursor, ident: &Ident, errors: &mut Vec<Error>) {
    if cursor.peek_punct('-') {
        errors.push(Error::new(cursor.span(), "a probe returns nothing: end the line with `;` here"));
        cursor.until(|t| is_punct(t, ';') || is_brace(t) || is_word(t, "where"));
    }
    if cursor.peek_word("where") {
        errors.push(Error::new(cursor.span(), "a probe can't be generic: leave the `where` clause out"));
        cursor.until(|t| is_punct(t, ';') || is_brace(t));
    }
    if let Some(body) = cursor.group(Delimiter::Brace) {
        if !body.stream().is_empty() {
            errors.push(Error::new(
                body.span(),
                format!(
                    "a probe has no body, a tracer brings its own: write `;` instead, as in `fn {ident}(…);`"
                ),
            ));
        }
    } else if cursor.punct(';').is_none() {
        errors.push(cursor.expected("`;`"));
    }
}

fn is_brace(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace)
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(i) if i == word)
}

fn arguments(params: &Group, errors: &mut Vec<Error>) -> Vec<Arg> {
    let mut cursor = Cursor::new(params.stream(), params.span());
    let mut args = Vec::new();
    while !cursor.is_empty() {
        match argument(&mut cursor, errors) {
            Ok(arg) => args.push(arg),
            Err(error) => {
                errors.push(error);
                cursor.until(|t| is_punct(t, ','));
            }
        }
        cursor.punct(',');
    }
    args
}

fn argument(cursor: &mut Cursor, errors: &mut Vec<Error>) -> Result<Arg> {
    let mut json = false;
    for attr in attributes(cursor) {
        match attr.name.as_str() {
            "json" if text::source(&attr.group.stream()) == "json" => json = true,
            "json" => errors.push(Error::new(attr.span, "`#[json]` takes no options")),
            "doc" => errors.push(Error::new(
                attr.span,
                "an argument can't have a doc comment: say it in the probe's, which tracers can show",
            )),
            name => errors.push(Error::new(
                attr.span,
                format!("unknown attribute `{name}` on an argument: `#[json]` is the only one there is"),
            )),
        }
    }
    let name = argument_name(cursor)?;
    if cursor.punct(':').is_none() {
        return Err(cursor.expected("`: Type`"));
    }
    let span = cursor.span();
    let written = cursor.until(|t| is_punct(t, ','));
    Ok(Arg { name, json, ty: ty(written, span)? })
}

fn argument_name(cursor: &mut Cursor) -> Result<Option<Ident>> {
    let span = cursor.span();
    if cursor.peek_word("self") || cursor.peek_punct('&') {
        return Err(Error::new(
            span,
            "a probe belongs to no value: take what tracers should see as arguments, not `self`",
        ));
    }
    if cursor.peek_word("mut") {
        return Err(Error::new(span, "an argument is a name and a type: leave `mut` out"));
    }
    match cursor.ident() {
        Some(name) if name == "_" => Ok(None),
        Some(name) => Ok(Some(name)),
        None => Err(cursor.expected("an argument as `name: Type`")),
    }
}

fn ty(written: TokenStream, span: Span) -> Result<Type> {
    let mut cursor = Cursor::new(written.clone(), span);
    let mut refs = 0;
    while cursor.punct('&').is_some() {
        refs += 1;
        if cursor.punct('\'').is_some() {
            cursor.next();
        }
        cursor.word("mut");
    }
    if cursor.is_empty() {
        return Err(Error::new(span, "expected a type"));
    }
    if cursor.peek_word("impl") {
        return Err(Error::new(
            cursor.span(),
            "a probe can't be generic: what a tracer reads has one type; write a concrete type instead of `impl`",
        ));
    }
    let inner = cursor.until(|_| false);
    let passed = passed(&inner);
    Ok(Type { written, refs, inner, passed })
}

fn passed(inner: &TokenStream) -> Passed {
    let tokens: Vec<TokenTree> = inner.clone().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Group(g)] if g.delimiter() == Delimiter::Bracket => {
            let mut cursor = Cursor::new(g.stream(), g.span());
            Passed::Slice(cursor.until(|t| is_punct(t, ';')))
        }
        [first, ..] if is_punct(first, '*') => Passed::Copied,
        [TokenTree::Ident(only)] => match only.to_string().as_str() {
            "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128"
            | "isize" | "bool" | "char" | "f32" | "f64" => Passed::Copied,
            "str" | "String" => Passed::Text,
            _ => Passed::Borrowed,
        },
        [.., before, TokenTree::Ident(last)] if is_punct(before, ':') && last == "String" => Passed::Text,
        _ => Passed::Borrowed,
    }
}
