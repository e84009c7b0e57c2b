//! Text of strangers, made harmless for a terminal.

use std::borrow::Cow;
use std::fmt::Write;

use usdt_trace::{Read, Value};

/// The text without what a terminal could take for a command: control characters (escape sequences begin with one), and
/// characters that turn the direction of a line. They are shown as Rust would write them: `\u{1b}`.
///
/// Names in files, names of processes and what programs send may hold anything. For values, see [`read`].
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for c in text.chars() {
        if is_harmless(c) {
            shown.push(c);
        } else {
            // Writing to a string can't fail.
            let _ = write!(shown, "{}", c.escape_debug());
        }
    }
    Cow::Owned(shown)
}

/// A value as people read it, on one line, with its marks: `…` behind what is longer than shown, `~` behind what was read after
/// the firing and may have changed.
pub(crate) fn read(read: &Read) -> String {
    let mut shown = match &read.value {
        Value::Json(json) => printable(json).into_owned(),
        // Text is quoted and escaped by now, and everything else is made of harmless characters.
        value => value.to_string(),
    };
    for (is_marked, mark) in [(read.cut, '…'), (read.late, '~')] {
        if is_marked {
            shown.push(mark);
        }
    }
    shown
}

/// Whether a character is shown as itself.
fn is_harmless(c: char) -> bool {
    let turns_direction =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks_line = matches!(c, '\u{2028}' | '\u{2029}');
    !(c.is_control() || turns_direction || breaks_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(
            printable("a\x1b[2Jb\u{9b}1m\r\n\u{202e}c\x7f"),
            r"a\u{1b}[2Jb\u{9b}1m\r\n\u{202e}c\u{7f}"
        );
    }

    #[test]
    fn values_are_harmless_and_marked() {
        let nasty = "\u{1b}[2J\n".to_owned();
        let show = |value, late, cut| read(&Read { value, late, cut });
        assert_eq!(show(Value::Text(nasty.clone()), false, false), r#""\u{1b}[2J\n""#);
        assert_eq!(show(Value::Json(nasty.clone()), false, true), r"\u{1b}[2J\n…");
        assert_eq!(show(Value::Bytes(nasty.into_bytes()), true, false), r#"b"\x1b[2J\n"~"#);
        assert_eq!(show(Value::Text("/api/ord".to_owned()), true, true), r#""/api/ord"…~"#);
        assert_eq!(show(Value::Char(Ok('\u{9b}')), false, false), r"'\u{9b}'");
    }

    #[test]
    fn the_rest_is_left_alone() {
        for text in ["", "/api/orders", "{\"name\":\"Zoë\\n\"}", "naïve 日本語 🦀 e\u{301}"] {
            assert_eq!(printable(text), text);
        }
    }
}
