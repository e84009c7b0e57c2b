//! `docs/benchmarks.md`: two parts, each written by a command of its own, which leaves the other one as it is.

use std::fs;

use anyhow::{Context, Result};

use super::tools::root;

/// What a command writes.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// All that stands before the other one.
    Rust,
    /// The npm package, under [`NODE`].
    Node,
}

/// The line that the second part begins with.
pub(super) const NODE: &str = "# Node\n";

/// Puts `text` in the place of a part.
pub(super) fn write(part: Part, text: &str) -> Result<()> {
    let path = root().join("docs/benchmarks.md");
    let old = if path.exists() { fs::read_to_string(&path)? } else { String::new() };
    fs::write(&path, with(&old, part, text)).with_context(|| path.display().to_string())?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

fn with(page: &str, part: Part, text: &str) -> String {
    let start =
        if page.starts_with(NODE) { Some(0) } else { page.find(&format!("\n{NODE}")).map(|at| at + 1) };
    let (rust, node) = page.split_at(start.unwrap_or(page.len()));
    let parts = match part {
        Part::Rust => [text, node],
        Part::Node => [rust, text],
    };
    let parts: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    parts.join("\n\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_replaced_alone() {
        let page = "# Benchmarks\n\n| # Node |\n\n# Node\n\nold\n";
        assert_eq!(
            with(page, Part::Node, "# Node\n\nnew\n"),
            "# Benchmarks\n\n| # Node |\n\n# Node\n\nnew\n"
        );
        assert_eq!(with(page, Part::Rust, "# Benchmarks\n"), "# Benchmarks\n\n# Node\n\nold\n");
    }

    #[test]
    fn a_part_that_is_not_there_is_added() {
        assert_eq!(with("", Part::Rust, "# Benchmarks\n"), "# Benchmarks\n");
        assert_eq!(with("", Part::Node, "# Node\n"), "# Node\n");
        assert_eq!(with("# Benchmarks\n", Part::Node, "# Node\n"), "# Benchmarks\n\n# Node\n");
        assert_eq!(with("# Node\n", Part::Rust, "# Benchmarks\n"), "# Benchmarks\n\n# Node\n");
    }
}
