//! What a stranger's file says, made fit to stand in a script.
//!
//! Names, docs and paths come out of binaries that anybody may have made, and a script is run by root. A name that could mean
//! something to a tracer or a shell is refused; text that is there for people alone goes into comments, on one line, with
//! nothing in it that could end a comment or draw it differently from what it is.

use std::path::Path;

use crate::printable::printable;

/// The most characters of a comment that come from a file.
const COMMENT_MOST: usize = 300;

/// Whether a name may stand in a script as it is: letters, digits and `_` mean themselves to every tracer and shell.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Text for a comment: one line, which ends no comment of any of the languages.
pub(super) fn comment(text: &str) -> String {
    let cut = match text.char_indices().nth(COMMENT_MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    printable(&cut).replace("*/", "* /").replace("/*", "/ *")
}

/// A word for a shell.
pub(super) fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A path between quotes, as bpftrace takes it in the description of a probe.
///
/// # Errors
///
/// What to do, for a path that it can't take: `:` ends a path, `*`, `?` and `[` make it a pattern, and there is no way around
/// that.
pub(super) fn bpftrace_path(path: &Path) -> anyhow::Result<String> {
    let text =
        path.to_str().filter(|text| !text.contains(|c: char| c.is_control() || ":\\*?[]{}".contains(c)));
    match text {
        Some(text) => Ok(format!("\"{}\"", text.replace('"', "\\\""))),
        None => anyhow::bail!("bpftrace can't take the path {path:?}: give it a link with a plain name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_something_to_a_shell_or_a_tracer_are_not_plain() {
        for name in ["request_start", "a", "_1", "9"] {
            assert!(is_plain(name), "{name}");
        }
        for name in ["", "a b", "a-b", "a\n", "$(id)", "`id`", "a;b", "a*", "größe", "a\"", "a/b", "a{", "%s"]
        {
            assert!(!is_plain(name), "{name}");
        }
    }

    #[test]
    fn a_comment_is_one_line_and_ends_none() {
        assert_eq!(comment("A request was accepted."), "A request was accepted.");
        assert_eq!(comment("a\nsystem(\"rm\");\r\u{2028}b"), r#"a\nsystem("rm");\r\u{2028}b"#);
        assert_eq!(comment("*/ x /* **/"), "* / x / * ** /");
        assert!(!comment("**//").contains("*/"));
        assert!(!comment("*/*").contains("*/"));
        assert_eq!(comment("\u{202e}evil\u{1b}[2J"), r"\u{202e}evil\u{1b}[2J");
        assert_eq!(comment(&"x".repeat(1000)).chars().count(), COMMENT_MOST + 1);
    }

    #[test]
    fn words_of_a_shell_mean_themselves() {
        assert_eq!(shell("/usr/bin/kv"), "/usr/bin/kv");
        assert_eq!(shell("a b"), "'a b'");
        assert_eq!(shell("a'; id; '"), r"'a'\''; id; '\'''");
        assert_eq!(shell("-x"), "'-x'");
        assert_eq!(shell(""), "''");
    }

    #[test]
    fn a_path_for_bpftrace_is_quoted_or_refused() {
        let quoted = |path: &str| bpftrace_path(Path::new(path)).ok();
        assert_eq!(quoted("/a b/c").as_deref(), Some("\"/a b/c\""));
        assert_eq!(quoted("/a\"b").as_deref(), Some(r#""/a\"b""#));
        for path in ["/a:b", "/a\\b", "/a*", "/a\nb"] {
            assert_eq!(quoted(path), None, "{path}");
        }
    }
}
