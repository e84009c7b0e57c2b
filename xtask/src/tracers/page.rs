//! `docs/tracers.md`: two parts between marks are measured, the rest is written by hand.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::answer::Measured;
use super::report;
use crate::marks;

/// The names of the two parts.
const VERSIONS: &str = "versions";
const TABLES: &str = "tables";

/// Puts what was measured into the page.
pub(super) fn write(measured: &Measured) -> Result<()> {
    let path = path();
    let page = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let page = marks::with(&page, VERSIONS, &report::versions(measured))?;
    let page = marks::with(&page, TABLES, &report::tables(measured))?;
    fs::write(&path, page).with_context(|| path.display().to_string())?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

/// An error unless the page says what was measured, maybe with other versions.
pub(super) fn compare(measured: &Measured) -> Result<()> {
    let path = path();
    let page = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let (_, said, _) = marks::parts(&page, TABLES)?;
    let differences = differences(said, &report::tables(measured));
    if !differences.is_empty() {
        bail!(
            "{} says something else (-) than what was measured (+); `cargo xtask tracers --write` writes it anew:\n{}",
            path.display(),
            differences.join("\n")
        );
    }
    println!("\n{} says the same", path.display());
    Ok(())
}

fn path() -> PathBuf {
    testkit::build::workspace().join("docs/tracers.md")
}

/// The lines that differ in more than the versions of tracers in the heads of tables.
fn differences(page: &str, measured: &str) -> Vec<String> {
    let (page, measured) = (without_versions(page), without_versions(measured));
    let missing = |lines: &[String], mark: char, others: &[String]| -> Vec<String> {
        let missing = lines.iter().filter(|line| !others.contains(line));
        missing.map(|line| format!("{mark} {line}")).collect()
    };
    let mut different = missing(&page, '-', &measured);
    different.extend(missing(&measured, '+', &page));
    if different.is_empty() && page != measured {
        different.push("the same lines in another order".to_owned());
    }
    different
}

/// The lines of a part; the head of a table names the tracers alone.
fn without_versions(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.trim().lines().collect();
    let is_head = |at: usize| lines.get(at + 1).is_some_and(|next| next.starts_with("|---"));
    let name = |cell: &str| cell.split_whitespace().next().unwrap_or_default().to_owned();
    let line = |(at, line): (usize, &&str)| {
        if is_head(at) { line.split('|').map(name).collect::<Vec<_>>().join("|") } else { (*line).to_owned() }
    };
    lines.iter().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "| | gdb 13.1 | perf 6.1 |\n|---|---|---|\n| lists | yes | no (1) |\n";

    #[test]
    fn another_version_is_no_difference() {
        assert!(differences(TABLE, &TABLE.replace("13.1", "18.0.1")).is_empty());
    }

    #[test]
    fn another_answer_or_tracer_is_one() {
        assert_eq!(
            differences(TABLE, &TABLE.replace("no (1)", "yes")),
            ["- | lists | yes | no (1) |", "+ | lists | yes | yes |"]
        );
        assert_eq!(differences(TABLE, &TABLE.replace("gdb", "lldb")).len(), 2);
        assert_eq!(differences("a\nb\n", "b\na\n"), ["the same lines in another order"]);
    }
}
