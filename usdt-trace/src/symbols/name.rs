//! Names as programmers wrote them.

use std::fmt::{self, Write};

use cpp_demangle::DemangleOptions;

/// A name that becomes longer than this stays as it is: a few bytes of a mangled name may say a lot.
const LONGEST: usize = 4096;
/// How deep types may stand in each other.
const DEEPEST: u32 = 96;

/// The name of a linked function: that of Rust or C++ without its mangling, any other as it is.
pub(super) fn linked(symbol: &str) -> String {
    rust(symbol).or_else(|| cpp(symbol)).unwrap_or_else(|| symbol.to_owned())
}

fn rust(symbol: &str) -> Option<String> {
    let name = rustc_demangle::try_demangle(symbol).ok()?;
    let mut text = Short::default();
    // Without the hash.
    write!(text, "{name:#}").ok()?;
    Some(text.0)
}

fn cpp(symbol: &str) -> Option<String> {
    if !symbol.starts_with("_Z") {
        return None;
    }
    let options = cpp_demangle::ParseOptions::default().recursion_limit(DEEPEST);
    let name = cpp_demangle::Symbol::new_with_options(symbol, &options).ok()?;
    let mut text = Short::default();
    let options = DemangleOptions::new().recursion_limit(DEEPEST);
    name.structured_demangle(&mut text, &options).ok()?;
    Some(text.0)
}

/// Text that ends with an error where it becomes too long.
#[derive(Default)]
struct Short(String);

impl Write for Short {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.0.len() + more.len() > LONGEST {
            return Err(fmt::Error);
        }
        self.0.push_str(more);
        Ok(())
    }
}

/// What V8 writes before the name of a JavaScript function: as what it was compiled.
const JAVASCRIPT: [&str; 5] = ["JS:", "LazyCompile:", "Function:", "Script:", "Eval:"];
/// By which of its compilers; none is `~`.
const TIERS: [char; 4] = ['~', '^', '+', '*'];

/// The name of a function that a virtual machine made, as it stands in its map. Of JavaScript, without what V8 says of how it was
/// compiled: `JS:*sell /srv/shop.js:7:14` is `sell /srv/shop.js:7:14`. A function without a name is `(anonymous)`.
pub(super) fn made(symbol: &str) -> String {
    let Some(rest) = JAVASCRIPT.iter().find_map(|kind| symbol.strip_prefix(kind)) else {
        return symbol.to_owned();
    };
    let rest = rest.strip_prefix(TIERS).unwrap_or(rest);
    // Behind the tier: it was compiled for one closure.
    let rest = rest.strip_prefix('\'').unwrap_or(rest);
    if rest.is_empty() || rest.starts_with(' ') { format!("(anonymous){rest}") } else { rest.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mangled_names() {
        assert_eq!(linked("_ZN4shop4sell17h0123456789abcdefE"), "shop::sell");
        assert_eq!(linked("_RNvC6_123foo3bar"), "123foo::bar");
        assert_eq!(linked("_ZN4node5StartEiPPc"), "node::Start(int, char**)");
        for name in ["main", "", "_Z", "_R", "_ZN", "shop:sold"] {
            assert_eq!(linked(name), name);
        }
    }

    #[test]
    fn hostile_names_end() {
        let nested = format!("_Z1fI{}{}Evv", "1AI".repeat(10_000), "E".repeat(10_000));
        assert_eq!(linked(&nested), nested);
        let pointers = format!("_Z1f{}i", "P".repeat(20_000));
        assert_eq!(linked(&pointers), pointers);
        // Each type is two of the one before.
        let mut doubling = "_Z1f1AIiiE".to_owned();
        (0..30).for_each(|i| {
            doubling += &format!("1BIS{0}_S{0}_E", if i == 0 { String::new() } else { format!("{i:X}") })
        });
        assert!(linked(&doubling).len() <= LONGEST.max(doubling.len()));
    }

    #[test]
    fn names_of_javascript() {
        for (written, name) in [
            ("LazyCompile:*tick /srv/app.js:7", "tick /srv/app.js:7"),
            ("JS:~sell /srv/app.js:7:14", "sell /srv/app.js:7:14"),
            ("JS:+'tick /srv/app.js:7:14", "tick /srv/app.js:7:14"),
            ("Function:^listOnTimeout node:internal/timers:517", "listOnTimeout node:internal/timers:517"),
            ("JS:^get total file:///srv/a b.mjs:1:1", "get total file:///srv/a b.mjs:1:1"),
            ("Script:~ /srv/app.js:1:1", "(anonymous) /srv/app.js:1:1"),
            ("JS:*", "(anonymous)"),
            ("Builtin:JSEntry", "Builtin:JSEntry"),
            ("Ljava/lang/Object;::wait", "Ljava/lang/Object;::wait"),
        ] {
            assert_eq!(made(written), name);
        }
    }
}
