//! Writes a D file's providers as the Rust modules that `#[provider]` accepts.

use std::borrow::Cow;
use std::fmt;

use super::{CType, DFile, list};
use crate::model::name::check_provider;
use crate::model::{Probe, Provider};

/// The line length that rustfmt allows by default.
const MAX_WIDTH: usize = 100;

/// How [`DFile::to_rust`] writes a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RustOptions {
    /// The path of the crate `usdt-probes`.
    pub krate: String,
    /// The module's name, where it is not the provider's.
    pub module: Option<String>,
    /// What `#[provider]` gets as its `probe_format`.
    pub probe_format: Option<String>,
    /// What stands before `mod`: `pub`, `pub(crate)` or nothing.
    pub visibility: String,
}

/// A public module named as the provider, for a program that calls the crate by its own name.
impl Default for RustOptions {
    fn default() -> Self {
        RustOptions {
            krate: "::usdt_probes".to_owned(),
            module: None,
            probe_format: None,
            visibility: "pub".to_owned(),
        }
    }
}

/// Why a D file can't be written as Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RustError {
    /// The file declares no provider.
    NoProvider,
    /// One name was given for the modules of so many providers.
    OneNameFor(usize),
    /// The name of a provider, a probe or the module, which can't be an identifier.
    BadName(String),
}

impl fmt::Display for RustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RustError::NoProvider => {
                f.write_str("the file declares no provider: write `provider NAME { … };`")
            }
            RustError::OneNameFor(count) => write!(
                f,
                "the file declares {count} providers and `module` names one: leave `module` out, or write a file \
                 for each"
            ),
            RustError::BadName(name) => {
                write!(f, "{name:?} can't be a name in Rust: choose letters, digits and `_`")
            }
        }
    }
}

impl std::error::Error for RustError {}

impl DFile {
    /// The Rust source of a module for each provider, to be expanded by the attribute `#[provider]`.
    pub fn to_rust(&self, options: &RustOptions) -> Result<String, RustError> {
        if self.providers.is_empty() {
            return Err(RustError::NoProvider);
        }
        if options.module.is_some() && self.providers.len() > 1 {
            return Err(RustError::OneNameFor(self.providers.len()));
        }
        let mut modules = String::new();
        for provider in &self.providers {
            list(&mut modules, "\n", &module(provider, options)?);
        }
        Ok(modules)
    }
}

/// The module of one provider.
fn module(provider: &Provider<CType>, options: &RustOptions) -> Result<String, RustError> {
    let name = options.module.as_deref().unwrap_or(&provider.name);
    let ident = module_ident(name)?;
    let mut attribute = format!("crate = {}, name = {:?}", options.krate, provider.name);
    if let Some(format) = &options.probe_format {
        attribute.push_str(&format!(", probe_format = {format:?}"));
    }
    let visibility = options.visibility.trim();
    let blank = if visibility.is_empty() { "" } else { " " };
    let mut functions = String::new();
    for probe in &provider.probes {
        functions += &function(probe)?;
    }
    let body = if functions.is_empty() { "{}".to_owned() } else { format!("{{\n{functions}}}") };
    Ok(format!(
        "#[{}::provider({attribute})]\n#[doc = {:?}]\n{visibility}{blank}mod {ident} {body}\n",
        options.krate,
        format!("The probes of the provider `{}`.", provider.name),
    ))
}

/// The identifier of a module: what may name a provider may name it.
fn module_ident(name: &str) -> Result<Cow<'_, str>, RustError> {
    let ident = check_provider(name).ok().and_then(|()| ident(name));
    ident.ok_or_else(|| RustError::BadName(name.to_owned()))
}

/// The function of one probe.
fn function(probe: &Probe<CType>) -> Result<String, RustError> {
    let name = probe.name.replace('-', "__");
    let name = ident(&name).ok_or_else(|| RustError::BadName(probe.name.clone()))?;
    let mut line = format!("    pub fn {name}({});\n", arguments(probe, ", "));
    if line.len() > MAX_WIDTH + 1 {
        line = format!("    pub fn {name}(\n        {},\n    );\n", arguments(probe, ",\n        "));
    }
    Ok(doc(&probe.doc) + &line)
}

/// The parameters of a probe's function. No two have one name, also after Rust's keywords were renamed.
fn arguments(probe: &Probe<CType>, separator: &str) -> String {
    let mut names: Vec<String> = probe.args.iter().map(|arg| arg.name.clone()).collect();
    for i in 0..names.len() {
        while ident(&names[i]).is_none() || names[..i].contains(&names[i]) {
            names[i].push('_');
        }
    }
    let mut arguments = String::new();
    for (name, arg) in names.iter().zip(&probe.args) {
        let name = ident(name).unwrap_or_default();
        list(&mut arguments, separator, &format!("{name}: {}", arg.ty.rust()));
    }
    arguments
}

/// The doc attributes of a probe. Comments in D files are plain text: what Markdown would make a block of code (and
/// rustdoc a test) stays text.
fn doc(text: &str) -> String {
    let mut doc = String::new();
    for line in text.lines() {
        let mut words = String::new();
        for word in line.split_whitespace() {
            list(&mut words, " ", word);
        }
        let words = words.replace("```", "\\`\\`\\`").replace("~~~", "\\~\\~\\~");
        doc += &format!("    #[doc = {words:?}]\n");
    }
    doc
}

/// The name as an identifier, raw if it is a keyword; `None` if Rust can't spell it.
pub(super) fn ident(name: &str) -> Option<Cow<'_, str>> {
    if matches!(name, "" | "_" | "self" | "Self" | "super" | "crate") {
        None
    } else if is_keyword(name) {
        Some(Cow::Owned(format!("r#{name}")))
    } else {
        Some(Cow::Borrowed(name))
    }
}

/// Whether Rust reserves the name, in any edition.
fn is_keyword(name: &str) -> bool {
    const KEYWORDS: &str = " abstract as async await become box break const continue do dyn else enum extern false \
        final fn for gen if impl in let loop macro match mod move mut override priv pub ref return static struct \
        trait true try type typeof unsafe unsized use virtual where while yield ";
    KEYWORDS.split(' ').any(|keyword| keyword == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dfile::parse;

    fn rust(source: &str, options: &RustOptions) -> String {
        parse(source).unwrap().to_rust(options).unwrap()
    }

    #[test]
    fn a_module_for_each_provider() {
        let source = "provider a { probe x__y(void); probe z(int, char *path); }; provider empty {};";
        let expected = r#"#[::usdt_probes::provider(crate = ::usdt_probes, name = "a")]
#[doc = "The probes of the provider `a`."]
pub mod a {
    pub fn x__y();
    pub fn z(arg0: i32, path: &str);
}

#[::usdt_probes::provider(crate = ::usdt_probes, name = "empty")]
#[doc = "The probes of the provider `empty`."]
pub mod empty {}
"#;
        assert_eq!(rust(source, &RustOptions::default()), expected);
    }

    #[test]
    fn options_are_passed_on() {
        let options = RustOptions {
            krate: "crate::probes".to_owned(),
            module: Some("type".to_owned()),
            probe_format: Some("{provider}_\"{probe}\"".to_owned()),
            visibility: String::new(),
        };
        let expected = r#"#[crate::probes::provider(crate = crate::probes, name = "a", probe_format = "{provider}_\"{probe}\"")]
#[doc = "The probes of the provider `a`."]
mod r#type {}
"#;
        assert_eq!(rust("provider a {}", &options), expected);
    }

    #[test]
    fn keywords_become_raw_or_get_a_tail() {
        let source =
            "provider match { probe match(int type, int self, int self_, int _, int *Self, int gen); };";
        let rust = rust(source, &RustOptions::default());
        assert!(rust.contains("pub mod r#match {"), "{rust}");
        assert!(rust.contains("name = \"match\""), "{rust}");
        let function = "    pub fn r#match(r#type: i32, self_: i32, self__: i32, __: i32, Self_: *const i32, r#gen: i32);";
        assert!(rust.contains(function), "{rust}");
    }

    #[test]
    fn a_long_signature_is_broken() {
        let args = (0..12).map(|i| format!("uint64_t argument{i}")).collect::<Vec<_>>().join(", ");
        let rust = rust(&format!("provider a {{ probe b({args}); }};"), &RustOptions::default());
        assert!(rust.contains("pub fn b(\n        argument0: u64,\n        argument1: u64,\n"), "{rust}");
        assert!(rust.contains("        argument11: u64,\n    );\n}\n"), "{rust}");
    }

    #[test]
    fn any_comment_is_safe() {
        let source =
            "provider a {\n/* \"]\\ \u{202e}\u{0}\n *      let x;\n * ```\n *\n * end */\nprobe b(); };";
        let rust = rust(source, &RustOptions::default());
        let lines: Vec<&str> = rust.lines().filter_map(|line| line.strip_prefix("    #[doc = ")).collect();
        assert_eq!(
            lines,
            [r#""\"]\\ \u{202e}\0"]"#, r#""let x;"]"#, r#""\\`\\`\\`"]"#, r#"""]"#, r#""end"]"#,]
        );
    }

    #[test]
    fn what_cannot_be_written() {
        let named = |name: &str| RustOptions { module: Some(name.to_owned()), ..RustOptions::default() };
        let two = parse("provider a {} provider b {}").unwrap();
        assert_eq!(two.to_rust(&named("c")), Err(RustError::OneNameFor(2)));
        let one = parse("provider a {}").unwrap();
        for bad in ["", "self", "a b", "a { } mod b"] {
            assert_eq!(one.to_rust(&named(bad)), Err(RustError::BadName(bad.to_owned())));
        }
        assert_eq!(parse("").unwrap().to_rust(&RustOptions::default()), Err(RustError::NoProvider));
    }
}
