//! Tokens to the AST. What is wrong is reported and read as well as can be, so that one error is not followed by others.

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use crate::ast::{Arg, Attr, Item, Module, Options, Passed, Probe, Type};
use crate::cursor::{Cursor, is_punct};
use crate::error::{Error, Result};
use crate::text;

/// Reads what stands in the brackets of `#[provider(…)]`.
pub(crate) fn options(tokens: TokenStream, errors: &mut Vec<Error>) -> Options {
    let mut options = Options { krate: TokenStream::new(), name: None, probe_format: None };
    let mut cursor = Cursor::new(tokens, Span::call_site());
    while !cursor.is_empty() {
        if let Err(error) = option(&mut cursor, &mut options) {
            errors.push(error);
            cursor.until(&|t| is_punct(t, ','));
        }
        if cursor.punct(',').is_none() && !cursor.is_empty() {
            errors.push(cursor.expected("`,`"));
            break;
        }
    }
    if options.krate.is_empty() {
        options.krate = quote!(::usdt_probes);
    }
    options
}

fn option(cursor: &mut Cursor, options: &mut Options) -> Result<()> {
    const KNOWN: &str = "`name = \"…\"`, `probe_format = \"…\"` or `crate = path`";
    let Some(key) = cursor.ident() else { return Err(cursor.expected(KNOWN)) };
    let twice = match key.to_string().as_str() {
        "name" | "provider" => options.name.is_some(),
        "probe_format" => options.probe_format.is_some(),
        "crate" => !options.krate.is_empty(),
        _ => false,
    };
    if twice {
        return Err(Error::new(key.span(), format!("`{key}` has been given already: leave one out")));
    }
    match key.to_string().as_str() {
        name @ ("name" | "provider") => options.name = Some(cursor.string_value(name)?),
        "probe_format" => options.probe_format = Some(cursor.string_value("probe_format")?),
        "crate" => {
            if cursor.punct('=').is_none() {
                return Err(cursor.expected("`crate = path`"));
            }
            options.krate = cursor.until(&|t| is_punct(t, ','));
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
        errors.push(Error::new(
            ident.span(),
            format!(
                "the probes must stand here, in braces after `mod {ident}`: a file of its own can't be read by a macro"
            ),
        ));
        cursor.punct(';');
        return Ok(Module { attrs, vis, ident, items: Vec::new() });
    };
    let mut body = Cursor::new(body.stream(), body.span());
    let mut attrs = attrs;
    attrs.extend(inner_attributes(&mut body));
    Ok(Module { attrs, vis, ident, items: items(&mut body, errors) })
}

/// `#![…]` at the start of a module says the same as `#[…]` on it.
fn inner_attributes(body: &mut Cursor) -> Vec<Attr> {
    let mut attrs = Vec::new();
    while body.peek_inner_attribute() {
        let hash = body.next();
        body.next();
        attrs.extend(body.group(Delimiter::Bracket).map(|group| attribute(quote!(#hash), group)));
    }
    attrs
}

fn items(body: &mut Cursor, errors: &mut Vec<Error>) -> Vec<Item> {
    let mut items = Vec::new();
    while !body.is_empty() {
        match item(body, errors) {
            Ok(item) => items.push(item),
            Err(error) => {
                errors.push(error);
                skip_item(body);
            }
        }
    }
    items
}

fn item(cursor: &mut Cursor, errors: &mut Vec<Error>) -> Result<Item> {
    let attrs = attributes(cursor);
    let vis = visibility(cursor);
    if cursor.peek_word("use") || cursor.peek_word("type") {
        let line = cursor.until(&|t| is_punct(t, ';'));
        let end = cursor.punct(';');
        let mut tokens = TokenStream::new();
        for Attr { group, .. } in attrs {
            tokens.extend(quote!(# #group));
        }
        tokens.extend(quote!(#vis #line #end));
        return Ok(Item::Verbatim(tokens));
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
    while cursor.punct(';').is_some() {}
}

fn attributes(cursor: &mut Cursor) -> Vec<Attr> {
    let mut attrs = Vec::new();
    while let Some(hash) = cursor.punct('#') {
        let Some(group) = cursor.group(Delimiter::Bracket) else { break };
        attrs.push(attribute(hash.into(), group));
    }
    attrs
}

fn attribute(hash: TokenStream, group: Group) -> Attr {
    let mut cursor = Cursor::new(group.stream(), group.span());
    let name = cursor.until(&|t| matches!(t, TokenTree::Group(_)) || is_punct(t, '='));
    Attr { name: text::source(&name), tokens: quote!(#hash #group), group }
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
    let wanted =
        cursor.expected("a probe (`fn name(id: u64);`), a `use` line, a type alias or a module of probes");
    let mut words = TokenStream::new();
    while let Some(word) = ["async", "const", "unsafe", "extern"].iter().find_map(|w| cursor.word(w)) {
        let is_extern = word == "extern";
        word.to_tokens(&mut words);
        if is_extern && let Ok((abi, span)) = cursor.string() {
            let mut abi = Literal::string(&abi);
            abi.set_span(span);
            abi.to_tokens(&mut words);
        }
    }
    let Some(word) = cursor.word("fn") else { return Err(wanted) };
    if !words.is_empty() {
        let message = "a probe is a plain `fn`, it fires where it is called: leave this out";
        errors.push(Error::over(&words, word.span(), message));
    }
    Ok(())
}

fn generics(cursor: &mut Cursor, errors: &mut Vec<Error>) -> TokenStream {
    if !cursor.peek_punct('<') {
        return TokenStream::new();
    }
    let span = cursor.span();
    let generics =
        cursor.until(&|t| matches!(t, TokenTree::Group(g) if g.delimiter() == Delimiter::Parenthesis));
    errors.push(Error::over(
        &generics,
        span,
        "a probe can't be generic: what a tracer reads has one type; write concrete types, and convert at the call",
    ));
    generics
}

/// Reads from the arguments to the end of the item.
fn after_params(cursor: &mut Cursor, ident: &Ident, errors: &mut Vec<Error>) {
    if cursor.peek_punct('-') {
        let span = cursor.span();
        let output = cursor.until(&|t| is_punct(t, ';') || is_brace(t) || is_word(t, "where"));
        errors.push(Error::over(&output, span, "a probe returns nothing: leave this out"));
    }
    if cursor.peek_word("where") {
        let span = cursor.span();
        let clause = cursor.until(&|t| is_punct(t, ';') || is_brace(t));
        errors.push(Error::over(&clause, span, "a probe can't be generic: leave the `where` clause out"));
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
        let span = cursor.span();
        let whole = cursor.until(&|t| is_punct(t, ','));
        match argument(whole, span, errors) {
            Ok(arg) => args.push(arg),
            Err(error) => errors.push(error),
        }
        cursor.punct(',');
    }
    args
}

fn argument(whole: TokenStream, span: Span, errors: &mut Vec<Error>) -> Result<Arg> {
    let mut cursor = Cursor::new(whole, span);
    let json = is_json(&attributes(&mut cursor), errors);
    let name = argument_name(&mut cursor)?;
    if cursor.punct(':').is_none() {
        return Err(cursor.expected("`: Type`"));
    }
    let span = cursor.span();
    let written = cursor.until(&|_| false);
    Ok(Arg { name, json, ty: ty(written, span)? })
}

fn is_json(attrs: &[Attr], errors: &mut Vec<Error>) -> bool {
    let mut json = false;
    for attr in attrs {
        let message = match attr.name.as_str() {
            "json" if text::source(&attr.group.stream()) == "json" => {
                json = true;
                continue;
            }
            "json" => "`#[json]` takes no options".to_owned(),
            "doc" => "an argument can't have a doc comment: say it in the probe's, which tracers can show"
                .to_owned(),
            name => format!("unknown attribute `{name}` on an argument: `#[json]` is the only one there is"),
        };
        errors.push(Error::over(&attr.tokens, Span::call_site(), message));
    }
    json
}

fn argument_name(cursor: &mut Cursor) -> Result<Option<Ident>> {
    let span = cursor.span();
    let pattern = cursor.until(&|t| is_punct(t, ':'));
    let error = |message: &str| Err(Error::over(&pattern, span, message));
    let mut tokens = pattern.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        _ if pattern.clone().into_iter().any(|t| is_word(&t, "self")) => {
            error("a probe belongs to no value: take what tracers should see as arguments, not `self`")
        }
        (Some(TokenTree::Ident(name)), None) => Ok((name != "_").then_some(name)),
        (Some(first), Some(_)) if is_word(&first, "mut") || is_word(&first, "ref") => {
            error(&format!("an argument is a name and a type: leave `{first}` out"))
        }
        _ => error("an argument is a name and a type: write `name: Type`"),
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
    if has_impl(&written) {
        return Err(Error::over(
            &written,
            span,
            "a probe can't be generic: what a tracer reads has one type; write a concrete type instead of `impl`",
        ));
    }
    let inner = cursor.until(&|_| false);
    let passed = passed(&inner);
    Ok(Type { written, refs, inner, passed })
}

fn has_impl(ty: &TokenStream) -> bool {
    ty.clone().into_iter().any(|token| match &token {
        TokenTree::Group(group) => has_impl(&group.stream()),
        token => is_word(token, "impl"),
    })
}

fn passed(inner: &TokenStream) -> Passed {
    let tokens: Vec<TokenTree> = inner.clone().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Group(g)] if g.delimiter() == Delimiter::Bracket => {
            let mut cursor = Cursor::new(g.stream(), g.span());
            Passed::Slice(cursor.until(&|t| is_punct(t, ';')))
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
