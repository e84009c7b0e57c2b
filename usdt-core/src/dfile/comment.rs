//! What a comment says, without its delimiters and decoration.

use super::list;

/// The text of these comments, joined; empty when they say nothing.
pub(super) fn text(comments: &[&str]) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for comment in comments {
        match comment.strip_prefix("//") {
            Some(line) => lines.push(line_text(line)),
            None => lines.extend(block(comment)),
        }
    }
    let Some(first) = lines.iter().position(|line| !line.is_empty()) else { return String::new() };
    let last = lines.iter().rposition(|line| !line.is_empty()).unwrap_or(first);
    let mut text = String::new();
    for line in &lines[first..=last] {
        list(&mut text, "\n", line);
    }
    text
}

/// What stands in a `//` comment, after its first two slashes.
fn line_text(line: &str) -> &str {
    let line = line.trim_start_matches('/');
    unindent(line.strip_prefix('!').unwrap_or(line))
}

/// The lines of a `/* … */` comment, without the `*` that begins each of them (or none: then a `*` is the text's own).
fn block(comment: &str) -> impl Iterator<Item = &str> {
    let inner = comment.strip_prefix("/*").unwrap_or(comment);
    let inner = inner.strip_suffix("*/").unwrap_or(inner);
    let inner = inner.trim_end_matches('*').trim_start_matches('*');
    let inner = inner.strip_prefix('!').unwrap_or(inner);
    let starred = inner.lines().skip(1).map(str::trim).all(|line| line.is_empty() || line.starts_with('*'));
    inner.split('\n').map(str::trim).enumerate().map(move |(i, line)| match line.strip_prefix('*') {
        Some(rest) if i > 0 && starred => unindent(rest),
        _ => line,
    })
}

/// The line without the one blank that sets it off from its decoration.
fn unindent(line: &str) -> &str {
    line.strip_prefix(' ').unwrap_or(line).trim_end()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn decoration_goes() {
        for (comment, expected) in [
            ("/** One line. */", "One line."),
            ("/* One line. */", "One line."),
            ("/*! One line. */", "One line."),
            ("/// One line.\r", "One line."),
            ("/**/", ""),
            ("/***/", ""),
            ("/*\n * Two\r\n * **lines**.\r\n */", "Two\n**lines**."),
            ("/*******\n * Boxed *\n *\n *   in\n *\n *******/", "Boxed *\n\n  in"),
            ("/* No\n   stars. */", "No\nstars."),
            ("/*\n   Own stars:\n   * one\n   * two\n */", "Own stars:\n* one\n* two"),
        ] {
            assert_eq!(text(&[comment]), expected, "{comment}");
        }
    }

    #[test]
    fn comments_are_joined() {
        assert_eq!(text(&["//", "// a", "//", "//   b", "//"]), "a\n\n  b");
        assert_eq!(text(&[]), "");
    }
}
