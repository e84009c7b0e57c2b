//! Names with `*` and `?` in them.

/// Whether a pattern is all of a text: in it `*` is any text, `?` any byte.
pub fn glob(mut pattern: &[u8], mut text: &[u8]) -> bool {
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
