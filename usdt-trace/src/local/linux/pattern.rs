//! Names with `*` and `?` in them.

use crate::Probe;

/// Whether a probe is one of those that a pattern means.
///
/// A pattern is matched with `provider:name`, spelled as the note spells it, and with `-` in the place of `__`.
pub(super) fn matches(pattern: &str, probe: &Probe) -> bool {
    let as_noted = probe.full_name();
    let as_shown = format!("{}:{}", probe.provider, probe.name.replace("__", "-"));
    glob(pattern.as_bytes(), as_noted.as_bytes()) || glob(pattern.as_bytes(), as_shown.as_bytes())
}

/// `*` is any text, `?` any byte.
fn glob(mut pattern: &[u8], mut text: &[u8]) -> bool {
    // What is left of both behind the last star, in case it must be longer than was thought.
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern.split_first(), text.split_first()) {
            (Some((b'*', rest)), _) => {
                pattern = rest;
                star = Some((pattern, text));
            }
            (Some((&wanted, rest)), Some((&byte, behind))) if wanted == b'?' || wanted == byte => {
                (pattern, text) = (rest, behind);
            }
            (None, None) => return true,
            _ => {
                let Some((after, [_, behind @ ..])) = star else { return false };
                (pattern, text) = (after, behind);
                star = Some((after, behind));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        let glob = |pattern: &str, text: &str| glob(pattern.as_bytes(), text.as_bytes());
        for (pattern, yes, no) in [
            ("a:b", "a:b", "a:bc"),
            ("a:*", "a:", "b:a"),
            ("*", "", "\0never"),
            ("a:*_done", "a:x_done_done", "a:x_done_"),
            ("a?c", "abc", "ac"),
            ("*b*d", "abcd", "abc"),
            ("", "", "a"),
        ] {
            assert!(glob(pattern, yes), "{pattern} {yes}");
            assert!(pattern == "*" || !glob(pattern, no), "{pattern} {no}");
        }
    }
}
