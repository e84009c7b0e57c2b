//! `docs/benchmarks.md`: parts, each written by a command of its own, which leaves the others as they are.

use std::fs;

use anyhow::{Context, Result};

use super::tools::root;

/// What a command writes. The parts stand in this order.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Part {
    /// All that stands before the others.
    Rust,
    /// The npm package, under [`NODE`].
    Node,
    /// Watching with `usdt`, under [`TRACE`].
    Trace,
    /// Recording without a tracer, under [`RECORDER`].
    Recorder,
}

/// The line that the part about Node begins with.
pub(super) const NODE: &str = "# Node\n";
/// The line that the part about watching begins with.
pub(super) const TRACE: &str = "# Watching\n";
/// The line that the part about the recorder begins with.
pub(super) const RECORDER: &str = "# Recording\n";

/// Puts `text` in the place of a part.
pub(super) fn write(part: Part, text: &str) -> Result<()> {
    let path = root().join("docs/benchmarks.md");
    let old = if path.exists() { fs::read_to_string(&path)? } else { String::new() };
    fs::write(&path, with(&old, part, text)).with_context(|| path.display().to_string())?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

fn with(page: &str, part: Part, text: &str) -> String {
    let start = |heading: &str| {
        if page.starts_with(heading) { Some(0) } else { page.find(&format!("\n{heading}")).map(|at| at + 1) }
    };
    let recorder = start(RECORDER).unwrap_or(page.len());
    let trace = start(TRACE).unwrap_or(recorder);
    let node = start(NODE).unwrap_or(trace);
    let parts = [
        (Part::Rust, &page[..node]),
        (Part::Node, &page[node..trace]),
        (Part::Trace, &page[trace..recorder]),
        (Part::Recorder, &page[recorder..]),
    ];
    let parts = parts.map(|(of, old)| if of == part { text } else { old }.trim());
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
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
        let page = "# Benchmarks\n\n# Node\n\nold\n\n# Watching\n\nold\n";
        assert_eq!(
            with(page, Part::Node, "# Node\n\nnew\n"),
            "# Benchmarks\n\n# Node\n\nnew\n\n# Watching\n\nold\n"
        );
        assert_eq!(with(page, Part::Trace, "# Watching\n"), "# Benchmarks\n\n# Node\n\nold\n\n# Watching\n");
        let page = "# Watching\n\nold\n\n# Recording\n\nold\n";
        assert_eq!(with(page, Part::Trace, "# Watching\n"), "# Watching\n\n# Recording\n\nold\n");
        assert_eq!(with(page, Part::Recorder, "# Recording\n"), "# Watching\n\nold\n\n# Recording\n");
    }

    #[test]
    fn a_part_that_is_not_there_is_added() {
        assert_eq!(with("", Part::Rust, "# Benchmarks\n"), "# Benchmarks\n");
        assert_eq!(with("", Part::Node, "# Node\n"), "# Node\n");
        assert_eq!(with("# Benchmarks\n", Part::Node, "# Node\n"), "# Benchmarks\n\n# Node\n");
        assert_eq!(with("# Benchmarks\n", Part::Trace, "# Watching\n"), "# Benchmarks\n\n# Watching\n");
        assert_eq!(with("# Watching\n", Part::Node, "# Node\n"), "# Node\n\n# Watching\n");
        assert_eq!(with("# Node\n", Part::Recorder, "# Recording\n"), "# Node\n\n# Recording\n");
        assert_eq!(with("# Node\n", Part::Rust, "# Benchmarks\n"), "# Benchmarks\n\n# Node\n");
    }
}
