//! Whether everything that the published packages depend on may be used under terms as free as theirs.

use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::Value;

/// Terms that ask for nothing but attribution. A package's expression must allow one of them at each `AND`.
const ALLOWED: [&str; 9] =
    ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Unlicense", "0BSD", "Zlib", "Unicode-3.0"];

/// Checks the licence of every package in the workspace's lock file.
pub(crate) fn check() -> Result<()> {
    println!("\n==> licences");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--all-features", "--locked"])
        .current_dir(testkit::build::workspace())
        .output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let refused: Vec<String> = packages.iter().filter_map(refusal).collect();
    ensure!(refused.is_empty(), "not allowed: {}", refused.join(", "));
    println!("    {} packages", packages.len());
    Ok(())
}

fn refusal(package: &Value) -> Option<String> {
    let text = |key: &str| package[key].as_str().unwrap_or_default();
    let licence = text("license");
    (!is_allowed(licence)).then(|| format!("{} {} ({licence})", text("name"), text("version")))
}

/// Whether an SPDX expression without nested parentheses allows what we do. `/` is an old way to write `OR`.
fn is_allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|term| ALLOWED.contains(&term.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        for allowed in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
        ] {
            assert!(is_allowed(allowed), "{allowed}");
        }
        for refused in ["", "GPL-3.0", "MIT AND GPL-3.0"] {
            assert!(!is_allowed(refused), "{refused}");
        }
    }
}
