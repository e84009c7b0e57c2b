//! What a native part asks of the system that loads it: no more than its platform promises.
//!
//! `objdump` tells: a reader that shares nothing with the linker.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::platform::Recipe;
use crate::setup::step;

/// Fails if `file` asks for a library, or a version of glibc's symbols, that `recipe` doesn't allow.
pub(crate) fn check(file: &Path, recipe: &Recipe) -> Result<()> {
    let target = recipe.target;
    let objdump = |option: &str, what: &str| {
        step::run(&format!("look at {what} of {target}"), Command::new("objdump").arg(option).arg(file))
    };
    let needed = needed(&objdump("-p", "the libraries")?);
    let surprising: Vec<&String> =
        needed.iter().filter(|name| !recipe.needs.contains(&name.as_str())).collect();
    ensure!(surprising.is_empty(), "the native part for {target} asks for {surprising:?}");
    // A table without a symbol of Node's is none that was understood.
    let symbols = objdump("-T", "the symbols")?;
    ensure!(symbols.contains("napi_create_function"), "objdump shows no symbols of {}", file.display());
    if let Some((major, minor)) = newest_glibc(&symbols)? {
        println!("    it needs glibc {major}.{minor} or later");
        let promised = recipe.newest_glibc.is_some_and(|newest| (major, minor) <= newest);
        ensure!(promised, "the native part for {target} may not need glibc {major}.{minor}");
    }
    Ok(())
}

/// The libraries that the dynamic loader is to load, from `objdump -p`.
fn needed(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("NEEDED"))
        .map(|name| name.trim().to_owned())
        .collect()
}

/// The newest of the versions that symbols of glibc are asked for in, from `objdump -T`.
fn newest_glibc(text: &str) -> Result<Option<(u32, u32)>> {
    let mut newest = None;
    for word in text.split(['(', ')', ' ', '\t', '\n']) {
        if let Some(version) = word.strip_prefix("GLIBC_") {
            let version = parse(version).with_context(|| format!("{word} is no version"))?;
            newest = newest.max(Some(version));
        }
    }
    Ok(newest)
}

fn parse(version: &str) -> Option<(u32, u32)> {
    // The third number of `2.2.5` makes no difference here.
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYMBOLS: &str = "\
0000000000000000      D  *UND*\t0000000000000000              napi_create_function
0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.2.5) dlsym
0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.14) memcpy
0000000000000000  w   D  *UND*\t0000000000000000              gettid
0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.3)  realpath
";

    #[test]
    fn the_newest_version_is_found() {
        assert_eq!(newest_glibc(SYMBOLS).expect("versions"), Some((2, 14)));
        assert_eq!(newest_glibc("").expect("no versions"), None);
        // 2.9 is older than 2.28, and no version at all is not overlooked.
        assert_eq!(newest_glibc("(GLIBC_2.28) a\n(GLIBC_2.9) b").expect("versions"), Some((2, 28)));
        newest_glibc("(GLIBC_PRIVATE) a").expect_err("what only glibc itself may use");
    }

    #[test]
    fn libraries_are_found() {
        assert_eq!(needed("  NEEDED               libc.so.6\n  SONAME  x\n"), ["libc.so.6"]);
    }
}
