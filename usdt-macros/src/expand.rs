//! The AST to code.
//!
//! For each probe `name` of a module there are the functions that `usdt-core/src/site/probe.rs` writes, and
//! `macro name!(closure)`, which is `name_with` for people who write it as a macro.
//!
//! The macro must reach `name_with` from wherever it is called, also from another crate that doesn't depend on ours, and
//! a macro can't say "beside my definition". So each module has a key: a struct that implements `AsRef` for a type which
//! only `core` is needed to name and whose number nobody else has. The macro asks that type for its only `AsRef`, and
//! the compiler finds the struct.

use std::sync::Mutex;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use usdt_core::model::{MAX_OPERANDS, name};

use crate::ast::{Arg, Attr, Item, Module, Options, Passed, Probe};
use crate::error::{self, ends};
use crate::{check, fallback, parse, text};

/// Expands `#[provider(options)] module`.
pub(crate) fn provider(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Vec::new();
    let mut options = parse::options(options, &mut errors);
    let module = match parse::provider(item.clone(), &mut errors) {
        Ok(mut provider) => {
            check::provider(&mut options, &mut provider, &mut errors);
            module(&provider, &Context::new(&options, &provider), true)
        }
        Err(error) => {
            errors.push(error);
            item
        }
    };
    let mut code = error::to_compile_errors(&errors);
    code.extend(module);
    code
}

/// What all modules of one provider share.
struct Context {
    krate: TokenStream,
    provider: String,
    format: String,
}

impl Context {
    fn new(options: &Options, module: &Module) -> Context {
        Context {
            krate: options.krate.clone(),
            provider: options
                .name
                .as_ref()
                .map_or_else(|| check::rust_name(&module.ident), |(n, _)| n.clone()),
            format: options.probe_format.as_ref().map_or("{probe}".into(), |(f, _)| f.clone()),
        }
    }
}

fn module(module: &Module, context: &Context, outermost: bool) -> TokenStream {
    let Module { attrs, vis, ident, items } = module;
    let key = Key::new(context, module);
    let attrs = all_verbatim(attrs);
    let vis = for_the_crate(vis);
    let peer = mentions_peer(module).then(|| {
        let krate = &context.krate;
        quote!(#[allow(unused_imports)] use #krate::__private::peer::*;)
    });
    let doc = outermost.then(|| {
        let text = format!("Probes of the provider `{}`.", context.provider);
        quote!(#[doc = ""] #[doc = #text])
    });
    let mut code = TokenStream::new();
    let mut methods = TokenStream::new();
    for item in items {
        match item {
            Item::Probe(probe) => expand_probe(probe, context, &key, &mut code, &mut methods),
            Item::Module(inner) => code.extend(self::module(inner, context, false)),
            Item::Verbatim(tokens) => code.extend(quote!(#[allow(unused_imports, dead_code)] #tokens)),
        }
    }
    let key = key.items(&methods);
    quote! {
        #attrs
        #doc
        #[allow(non_snake_case, private_interfaces, private_bounds)]
        #vis mod #ident {
            #peer
            #code
            #key
        }
    }
}

/// Whether the module speaks of `usdt::…`. `use usdt_probes as usdt;` at the root of a crate, which is how a service that was
/// written for that crate moves over, doesn't reach into modules: there the name is brought in for it.
fn mentions_peer(module: &Module) -> bool {
    let is_peer = |tokens: &TokenStream| text::source(tokens).contains("usdt::");
    module.items.iter().any(|item| match item {
        Item::Probe(probe) => is_peer(&probe.params),
        Item::Verbatim(tokens) => is_peer(tokens),
        Item::Module(_) => false,
    })
}

fn verbatim(attr: &Attr) -> TokenStream {
    let group = &attr.group;
    quote!(# #group)
}

/// The attributes, one after another.
fn all_verbatim(attrs: &[Attr]) -> TokenStream {
    let mut tokens = TokenStream::new();
    for attr in attrs {
        tokens.extend(verbatim(attr));
    }
    tokens
}

/// What makes the module findable for its macros.
struct Key {
    ty: TokenStream,
    prefix: String,
}

impl Key {
    fn new(context: &Context, module: &Module) -> Key {
        static TAKEN: Mutex<Vec<u128>> = Mutex::new(Vec::new());
        let mut taken = TAKEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut number = Key::number(context, module);
        while taken.contains(&number) {
            number = number.wrapping_add(1);
        }
        taken.push(number);
        let mut parts = TokenStream::new();
        for shift in [0, 32, 64, 96] {
            // An array length that fits a 32-bit target.
            let part = Literal::u128_unsuffixed((number >> shift) & 0x3fff_ffff);
            parts.extend(quote!([(); #part],));
        }
        Key { ty: quote!(::core::marker::PhantomData::<(#parts)>), prefix: format!("__usdt_{number:032x}") }
    }

    /// Different for each module of the crates that a program is built of.
    fn number(context: &Context, module: &Module) -> u128 {
        let mut described = format!("{}\n{}\n", context.provider, module.ident);
        for variable in ["CARGO_PKG_NAME", "CARGO_PKG_VERSION", "CARGO_CRATE_NAME"] {
            described += &std::env::var(variable).unwrap_or_default();
            described.push('\n');
        }
        for item in &module.items {
            if let Item::Probe(probe) = item {
                described += &format!("{}({})\n", probe.ident, probe.params);
            }
        }
        text::hash(&described)
    }

    fn items(&self, methods: &TokenStream) -> TokenStream {
        let ty = &self.ty;
        quote! {
            #[doc(hidden)]
            #[allow(missing_debug_implementations, unreachable_pub)]
            pub struct __UsdtKey;
            #[doc(hidden)]
            impl ::core::convert::AsRef<__UsdtKey> for #ty {
                #[inline(always)]
                fn as_ref(&self) -> &__UsdtKey { &__UsdtKey }
            }
            #[doc(hidden)]
            #[allow(dead_code, deprecated, unreachable_pub)]
            impl __UsdtKey { #methods }
        }
    }
}

/// The Rust names of one probe and how visible they are.
pub(crate) struct Names {
    pub(crate) function: Ident,
    pub(crate) with: Ident,
    pub(crate) enabled: Ident,
    /// The function that holds the nop.
    fire: Ident,
    /// The function that sites call: the same, or what jumps there.
    enter: Ident,
    /// The static that says what the probe is, where notes don't.
    statik: Ident,
    way: Way,
    pub(crate) vis: TokenStream,
    mangled: Ident,
    pub(crate) cfgs: TokenStream,
    macro_doc: String,
    /// Where the macro is reachable from other crates, `#[macro_export]`.
    export: Option<TokenStream>,
}

impl Names {
    fn new(probe: &Probe, context: &Context, key: &Key) -> Names {
        let rust = check::rust_name(&probe.ident);
        let name = context.format.replace("{provider}", &context.provider).replace("{probe}", &rust);
        let span = probe.ident.span();
        let raw = probe.ident.to_string().starts_with("r#") && name == rust;
        let function = if raw { Ident::new_raw(&name, span) } else { Ident::new(&name, span) };
        let vis = for_the_crate(&probe.vis);
        let export = (vis.to_string() == "pub").then(|| quote!(#[macro_export]));
        let way = Way::of(probe);
        let mut cfgs = TokenStream::new();
        for attr in &probe.attrs {
            if attr.name == "cfg" {
                cfgs.extend(verbatim(attr));
            }
        }
        Names {
            with: format_ident!("{name}_with", span = span),
            enabled: format_ident!("{name}_enabled", span = span),
            fire: format_ident!("__fire_{name}"),
            statik: format_ident!("__USDT_{name}"),
            enter: format_ident!("{}_{name}", if way == Way::Function { "__fire" } else { "__enter" }),
            way,
            mangled: format_ident!("{}_{name}", key.prefix),
            macro_doc: format!("{} The macro form of `{name}_with`.", summary(probe, context)),
            function,
            vis,
            cfgs,
            export,
        }
    }

    /// The macro with the given arms, under the probe's name.
    pub(crate) fn shim(&self, arms: TokenStream) -> TokenStream {
        let Names { function, vis, mangled, cfgs, macro_doc, export, .. } = self;
        quote! {
            #cfgs
            #[doc(hidden)]
            #export
            #[allow(unused_macros)]
            macro_rules! #mangled { #arms }
            #cfgs
            #[doc = #macro_doc]
            #[doc(inline)]
            #[allow(unused_imports)]
            #vis use #mangled as #function;
        }
    }
}

/// What has no `pub` is for this crate: nobody would write probes to be used inside of their module.
fn for_the_crate(vis: &TokenStream) -> TokenStream {
    if vis.is_empty() { quote!(pub(crate)) } else { vis.clone() }
}

fn summary(probe: &Probe, context: &Context) -> String {
    let mut args = String::new();
    for (i, arg) in probe.args.iter().enumerate() {
        text::list(&mut args, ", ", &format!("{}: {}", arg_name(arg, i), text::source(&arg.ty.written)));
    }
    format!("Probe `{}:{}({args})`.", context.provider, check::probe_name(probe))
}

fn arg_name(arg: &Arg, index: usize) -> String {
    arg.name.as_ref().map_or_else(|| format!("arg{index}"), check::rust_name)
}

fn expand_probe(
    probe: &Probe,
    context: &Context,
    key: &Key,
    code: &mut TokenStream,
    methods: &mut TokenStream,
) {
    let names = Names::new(probe, context, key);
    if probe.broken {
        code.extend(fallback::probe(probe, &names));
        return;
    }
    let closure = Closure::of(probe, &context.krate);
    code.extend(functions(probe, context, &names, &closure));
    let (key_ty, with, cfgs) = (&key.ty, &names.with, &names.cfgs);
    let call = quote!(::core::convert::AsRef::<_>::as_ref(&#key_ty).#with);
    code.extend(names.shim(arms(probe, &names, &call)));
    let Closure { generics, output, .. } = closure;
    methods.extend(quote! {
        #cfgs
        #[inline(always)]
        pub fn #with<#generics>(&self, args: impl ::core::ops::FnOnce() -> #output) { #with(args) }
    });
}

/// The arms of the macro.
fn arms(probe: &Probe, names: &Names, call: &TokenStream) -> TokenStream {
    let none = probe.args.is_empty().then(|| quote!(() => { #call(|| ()) };));
    let one = (probe.args.len() == 1).then(|| quote!((|| ($arg:expr,)) => { #call(|| $arg) };));
    let mut args = String::new();
    for (i, arg) in probe.args.iter().enumerate() {
        text::list(&mut args, ", ", &arg_name(arg, i));
    }
    let tuple = if probe.args.len() == 1 { args } else { format!("({args})") };
    let usage =
        format!("a probe takes a closure that returns its arguments: `{}!(|| {tuple})`", names.function);
    let error = quote_spanned!(probe.ident.span()=> ::core::compile_error!(#usage));
    quote! {
        #none
        #one
        ($args:expr $(,)?) => { #call($args) };
        ($($wrong:tt)*) => { #error };
    }
}

fn semaphore(probe: &Probe, context: &Context) -> String {
    // A `.` can't be in a name, so no two probes have one semaphore.
    format!("__usdt_sema.{}.{}", context.provider, stapsdt_name(probe))
}

fn stapsdt_name(probe: &Probe) -> String {
    name::probe_to_note(&check::probe_name(probe))
}

/// How a probe's values get from a site to its nop.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// A cold function lowers them and holds the nop. Sites call it.
    Function,
    /// They are numbers and pointers: sites put them into registers and jump to a trampoline that is nothing but the nop.
    Trampoline,
}

impl Way {
    fn of(probe: &Probe) -> Way {
        // As many as have a register on every architecture.
        if probe.args.len() > 6 {
            return Way::Function;
        }
        for arg in &probe.args {
            let is_wide = matches!(text::source(&arg.ty.inner).as_str(), "u128" | "i128");
            if !matches!(arg.ty.passed, Passed::Copied) || arg.json || is_wide {
                return Way::Function;
            }
        }
        Way::Trampoline
    }
}

/// The probe's functions. Their code is in `usdt-core/src/site/probe.rs`: here is what differs from probe to probe.
fn functions(probe: &Probe, context: &Context, names: &Names, closure: &Closure) -> TokenStream {
    let krate = &context.krate;
    let Names { function, with, enabled, fire, enter, statik, way, vis, cfgs, .. } = names;
    let summary = summary(probe, context);
    let (mut attrs, mut levels) = (TokenStream::new(), TokenStream::new());
    for attr in &probe.attrs {
        if attr.name != "cfg" {
            attrs.extend(verbatim(attr));
        }
        if attr.name != "cfg" && attr.name != "doc" {
            levels.extend(verbatim(attr));
        }
    }
    let with_doc = format!("{summary} The closure runs only while somebody watches.");
    let enabled_doc =
        format!("Whether somebody watches the probe `{}:{}`.", context.provider, check::probe_name(probe));
    let semaphore = semaphore(probe, context);
    let definition = definition(probe, &context.provider, &semaphore);
    let way = match way {
        Way::Function => {
            let slots = slots(probe);
            quote!(function: #fire [#slots])
        }
        Way::Trampoline => quote!(trampoline: #fire),
    };
    let too_many = "tracers read at most 12 operands of a probe, and a byte slice or a 128-bit integer is two: pass fewer";
    let fits = quote_spanned!(at(probe.ident.span())=>
        ::core::assert!(#krate::__private::Plan::fits(__USDT_LAYOUTS), #too_many)
    );
    let Closure { generics, output, pattern, values } = closure;
    let Arguments { parameters, direct, lowered, layouts, lower } = Arguments::of(probe, krate);
    quote! {
        #cfgs
        #krate::__private::probe! {
            functions: #vis #function #with #enabled,
            attributes: [#attrs #[doc = ""] #[doc = #summary]] [#levels],
            docs: #with_doc #enabled_doc,
            semaphore: #semaphore,
            static: #statik,
            parameters: (#parameters) => (#direct),
            closure: [#generics] #output #pattern => (#values),
            firing: #enter {
                #way,
                definition: #definition,
                lowered: (#lowered) [#layouts] [#lower],
                fits: [#fits],
            },
        }
    }
}

/// The arguments of a probe, on their way from its function to its firing and to a tracer.
#[derive(Default)]
struct Arguments {
    parameters: TokenStream,
    direct: TokenStream,
    lowered: TokenStream,
    layouts: TokenStream,
    lower: TokenStream,
}

impl Arguments {
    fn of(probe: &Probe, krate: &TokenStream) -> Arguments {
        let mut all = Arguments::default();
        for (i, arg) in probe.args.iter().enumerate() {
            let (parameter, written) = (parameter(arg, i), &arg.ty.written);
            let (direct, ty) = (from_parameter(arg, &parameter), fire_param(arg));
            let (local, layout) = (local(i), kind(arg, krate, "LAYOUT"));
            all.parameters.extend(quote!(#parameter: #written,));
            all.direct.extend(quote!(#direct,));
            all.lowered.extend(quote!(#local: #ty,));
            all.layouts.extend(quote!(#layout,));
            all.lower.extend(lower(arg, i, krate));
        }
        all
    }
}

/// What makes operands of an argument: a function, and the reference that it takes.
fn lower(arg: &Arg, index: usize, krate: &TokenStream) -> TokenStream {
    let (start, end) = place(arg);
    let lower = kind(arg, krate, "lower");
    let local = Ident::new(&local(index).to_string(), end);
    let copied = matches!(arg.ty.passed, Passed::Copied);
    let reference = if copied { quote_spanned!(start=> &#local) } else { quote_spanned!(start=> &*#local) };
    let index = Literal::usize_unsuffixed(index);
    quote!({ #lower } { #reference } #index)
}

fn local(index: usize) -> Ident {
    format_ident!("__usdt_{index}")
}

/// What the notes say, as literals for the assembler.
fn definition(probe: &Probe, provider: &str, semaphore: &str) -> TokenStream {
    let name = stapsdt_name(probe);
    let doc = text::assembler(&text::first_paragraph(&doc_text(&probe.attrs)));
    let count = Literal::usize_unsuffixed(probe.args.len());
    let (mut args, mut names) = (TokenStream::new(), TokenStream::new());
    for (i, arg) in probe.args.iter().enumerate() {
        let (ty, size) = (format_ident!("t{i}"), format_ident!("s{i}"));
        let (index, gap) = (Literal::usize_unsuffixed(i), gap(i));
        let name = arg_name(arg, i);
        names.extend(quote!(#name,));
        let name = text::assembler(&name);
        let spelling = text::assembler(&text::source(&arg.ty.written));
        args.extend(quote!((#ty, #size, #index, #gap, #name, #spelling)));
    }
    quote! {{
        provider: #provider,
        probe: #name,
        semaphore: #semaphore,
        doc: #doc,
        args: #count [#args],
        names: [#names],
    }}
}

/// The places that operands may take. An argument may turn out to be two, which is known only when its type is.
fn slots(probe: &Probe) -> TokenStream {
    let mut slots = TokenStream::new();
    for i in 0..(2 * probe.args.len()).min(MAX_OPERANDS) {
        let (size, reg) = (format_ident!("s{i}"), format_ident!("r{i}"));
        let (slot, gap) = (Literal::usize_unsuffixed(i), gap(i));
        slots.extend(quote!((#size, #reg, #slot, #gap)));
    }
    slots
}

/// What stands before an operand in a note.
fn gap(place: usize) -> &'static str {
    if place == 0 { "" } else { " " }
}

fn doc_text(attrs: &[Attr]) -> String {
    let mut text = String::new();
    for attr in attrs {
        if attr.name == "doc"
            && let Some(literal) = attr.group.stream().into_iter().last()
            && let Some(line) = text::unquote(&literal.to_string())
        {
            text += &line;
            text.push('\n');
        }
    }
    text
}

/// `Kind::<T>::item`, or that of `JsonKind`. An error of it points at the whole type.
fn kind(arg: &Arg, krate: &TokenStream, item: &str) -> TokenStream {
    let ty = inner(arg);
    let (start, end) = place(arg);
    let kind = Ident::new(if arg.json { "JsonKind" } else { "Kind" }, start);
    let item = Ident::new(item, end);
    let krate = moved(krate, start);
    quote_spanned!(start=> #krate::__private::#kind::<#ty>::#item)
}

/// Where an argument's type begins and ends.
fn place(arg: &Arg) -> (Span, Span) {
    let (start, end) = ends(&arg.ty.written).unwrap_or((Span::call_site(), Span::call_site()));
    (at(start), at(end))
}

/// The place of a user's token for tokens of ours, which keep our view of names.
fn at(place: Span) -> Span {
    Span::call_site().located_at(place)
}

/// The tokens at another place.
fn moved(tokens: &TokenStream, to: Span) -> TokenStream {
    let mut moved = TokenStream::new();
    for mut token in tokens.clone() {
        token.set_span(token.span().located_at(to));
        token.to_tokens(&mut moved);
    }
    moved
}

/// The type whose value is lowered.
fn inner(arg: &Arg) -> TokenStream {
    match &arg.ty.passed {
        Passed::Text => quote!(::core::primitive::str),
        Passed::Slice(element) => quote!([#element]),
        Passed::Copied | Passed::Borrowed => arg.ty.inner.clone(),
    }
}

fn fire_param(arg: &Arg) -> TokenStream {
    let ty = inner(arg);
    if matches!(arg.ty.passed, Passed::Copied) { ty } else { quote!(&#ty) }
}

fn parameter(arg: &Arg, index: usize) -> Ident {
    arg.name.clone().unwrap_or_else(|| format_ident!("arg{index}"))
}

/// From a parameter with the user's type to what the cold function takes.
fn from_parameter(arg: &Arg, ident: &Ident) -> TokenStream {
    match arg.ty.passed {
        Passed::Copied => {
            let mut value = TokenStream::new();
            for _ in 0..arg.ty.refs {
                value.extend(quote!(*));
            }
            ident.to_tokens(&mut value);
            value
        }
        Passed::Text => quote!(::core::convert::AsRef::<::core::primitive::str>::as_ref(&#ident)),
        Passed::Slice(_) | Passed::Borrowed if arg.ty.refs > 0 => ident.to_token_stream(),
        Passed::Slice(_) | Passed::Borrowed => quote!(&#ident),
    }
}

/// The closure that gives a probe's arguments: what it may return, and how that reaches the cold function.
struct Closure {
    generics: TokenStream,
    output: TokenStream,
    pattern: TokenStream,
    values: TokenStream,
}

impl Closure {
    fn of(probe: &Probe, krate: &TokenStream) -> Closure {
        let (mut generics, mut values) = (TokenStream::new(), TokenStream::new());
        let (mut names, mut locals) = (TokenStream::new(), TokenStream::new());
        let mut lifetime = false;
        for (i, arg) in probe.args.iter().enumerate() {
            let (name, local) = (format_ident!("A{i}"), local(i));
            let (bound, value) = accepted(arg, krate, &name, &local, &mut lifetime);
            generics.extend(quote!(#name: #bound,));
            values.extend(quote!(#value,));
            // One argument comes bare, as a closure of one value would give it.
            let comma = (probe.args.len() > 1).then(|| quote!(,));
            names.extend(quote!(#name #comma));
            locals.extend(quote!(#local #comma));
        }
        let lifetime = lifetime.then(|| quote!('usdt,));
        Closure {
            generics: quote!(#lifetime #generics),
            output: quote!((#names)),
            pattern: quote!((#locals)),
            values,
        }
    }
}

/// The bound on what a closure may give for an argument, and the expression that makes of it what the cold function takes.
fn accepted(
    arg: &Arg,
    krate: &TokenStream,
    name: &Ident,
    local: &Ident,
    lifetime: &mut bool,
) -> (TokenStream, TokenStream) {
    let bound = match &arg.ty.passed {
        Passed::Text => quote!(#krate::__private::GivesText),
        Passed::Slice(element) => {
            let element = named_lifetimes(element.clone(), lifetime);
            quote!(#krate::__private::GivesSlice<#element>)
        }
        Passed::Copied | Passed::Borrowed => {
            let ty = named_lifetimes(arg.ty.inner.clone(), lifetime);
            quote!(#krate::__private::Gives<#ty>)
        }
    };
    let star = matches!(arg.ty.passed, Passed::Copied).then(|| quote!(*));
    let value = quote!(#star <#name as #bound>::given(&#local));
    (bound, value)
}

/// Gives elided lifetimes a name, which bounds need and arguments of functions don't.
fn named_lifetimes(tokens: TokenStream, used: &mut bool) -> TokenStream {
    use proc_macro2::TokenTree;
    let mut named = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Group(group) => {
                let inner = named_lifetimes(group.stream(), used);
                let mut group = proc_macro2::Group::new(group.delimiter(), inner);
                group.set_span(token.span());
                group.to_tokens(&mut named);
                continue;
            }
            TokenTree::Punct(p) if p.as_char() == '&' => {
                token.to_tokens(&mut named);
                if !matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == '\'') {
                    *used = true;
                    named.extend(quote!('usdt));
                }
                continue;
            }
            TokenTree::Punct(p) if p.as_char() == '\'' => {
                if matches!(tokens.peek(), Some(TokenTree::Ident(i)) if i == "_") {
                    tokens.next();
                    *used = true;
                    named.extend(quote!('usdt));
                    continue;
                }
            }
            _ => {}
        }
        token.to_tokens(&mut named);
    }
    named
}
