//! What tracers, and the probes beside it, forbid a probe.

use proc_macro2::Ident;
use usdt_core::model::{MAX_OPERANDS, Seen, name};

use crate::ast::{Arg, Attr, Item, Module, Options, Probe};
use crate::error::Error;

/// What may stand on a probe; everything but `doc` is carried over as it is.
const ALLOWED: [&str; 8] = ["doc", "cfg", "cfg_attr", "allow", "expect", "warn", "deny", "deprecated"];

/// Reports everything that is wrong with a provider, marks the probes that can't be written, and drops second ones of a
/// name.
pub(crate) fn provider(options: &mut Options, module: &mut Module, errors: &mut Vec<Error>) {
    let (provider, span) =
        options.name.clone().unwrap_or_else(|| (rust_name(&module.ident), module.ident.span()));
    if let Err(error) = name::check_provider(&provider) {
        errors.push(Error::new(span, format!("this can't be a provider's name: {error}")));
        // Some name that can be written, to go on with.
        options.name = Some(("provider".to_owned(), span));
    }
    if let Some((format, span)) = &options.probe_format
        && let Some(problem) = probe_format(format)
    {
        errors.push(Error::new(*span, problem));
        options.probe_format = None;
    }
    probes(module, &mut Seen::new(), errors);
}

/// What is wrong with a format of Rust names.
pub(crate) fn probe_format(format: &str) -> Option<&'static str> {
    if !format.contains("{probe}") {
        return Some("the format must contain `{probe}`, or all probes would have one name");
    }
    let name = format.replace("{provider}", "a").replace("{probe}", "a");
    name::check_provider(&name).err().map(|_| {
        "the format makes names that Rust can't spell: it may have `{probe}`, `{provider}`, ASCII letters, digits and `_`"
    })
}

fn probes(module: &mut Module, seen: &mut Seen<bool>, errors: &mut Vec<Error>) {
    let mut here = Seen::new();
    module.items.retain_mut(|item| match item {
        Item::Probe(probe) => {
            let before = errors.len();
            one(probe, errors);
            unique(probe, seen, errors);
            probe.broken |= errors.len() > before;
            // A second one of this module has no place in it, but people may call one that stands alone in another.
            let name = rust_name(&probe.ident);
            let mut first = true;
            for end in ["", "_with", "_enabled"] {
                first &= here.insert(&format!("{name}{end}"), true).is_none();
            }
            !probe.broken || first
        }
        Item::Module(inner) => {
            probes(inner, seen, errors);
            true
        }
        Item::Verbatim(_) => true,
    });
}

fn one(probe: &Probe, errors: &mut Vec<Error>) {
    if let Err(error) = name::check_probe(&probe_name(probe)) {
        errors.push(Error::new(probe.ident.span(), format!("this can't be a probe's name: {error}")));
    }
    if let Some(extra) = probe.args.get(MAX_OPERANDS) {
        let span = extra.name.as_ref().map_or(probe.ident.span(), Ident::span);
        errors.push(Error::new(
            span,
            "tracers read at most 12 arguments of a probe (and only 6 everywhere): leave this one out, or put several \
             into one `#[json]` argument",
        ));
    }
    for Attr { name, tokens, .. } in &probe.attrs {
        if !ALLOWED.contains(&name.as_str()) {
            errors.push(Error::over(
                tokens,
                probe.ident.span(),
                format!("unknown attribute `{name}` on a probe: doc comments, `cfg`, lint levels and `deprecated` may stand here"),
            ));
        }
    }
    argument_names(&probe.args, errors);
}

fn argument_names(args: &[Arg], errors: &mut Vec<Error>) {
    let mut seen = Vec::new();
    for name in args.iter().filter_map(|a| a.name.as_ref()) {
        if seen.contains(&rust_name(name)) {
            errors.push(Error::new(name.span(), format!("two arguments are called `{name}`: rename one")));
        }
        seen.push(rust_name(name));
    }
}

/// The probe must be the first of its name. Two may share one only if both are under a `cfg`, which may keep them apart.
fn unique(probe: &Probe, seen: &mut Seen<bool>, errors: &mut Vec<Error>) {
    let conditional = probe.attrs.iter().any(|a| a.name == "cfg");
    let name = probe_name(probe);
    if seen.get(&name).is_some_and(|&earlier| !(earlier && conditional)) {
        errors.push(Error::new(
            probe.ident.span(),
            format!(
                "the provider has a probe `{name}` already: rename one; a probe may fire from many places"
            ),
        ));
        return;
    }
    // `a` brings `a_with` and `a_enabled` along.
    for end in ["_with", "_enabled"] {
        let longer = format!("{name}{end}");
        let shorter = name.strip_suffix(end).unwrap_or_default();
        if let Some(other) = [longer.as_str(), shorter].into_iter().find(|other| seen.get(other).is_some()) {
            errors.push(Error::new(
                probe.ident.span(),
                format!("`{name}` and `{other}` can't be in one provider, since a probe `x` brings `x_with` and `x_enabled` along: rename one"),
            ));
            return;
        }
    }
    seen.insert(&name, conditional);
}

/// The name as tracers know it.
pub(crate) fn probe_name(probe: &Probe) -> String {
    name::probe_from_ident(&rust_name(&probe.ident))
}

/// The identifier without `r#`.
pub(crate) fn rust_name(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map_or(name.clone(), str::to_owned)
}
