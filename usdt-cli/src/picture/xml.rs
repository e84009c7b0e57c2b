//! Text in XML.

use std::fmt::{self, Write};

/// Any text, as it may stand between tags and in attributes. Characters that XML can't hold are replaced.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => f.write_char('\u{fffd}'),
            c => f.write_char(c),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back() {
        let text = "<a href=\"x\">&amp;'\u{e9}\u{1f600}";
        let document = format!("<t a=\"{0}\">{0}</t>", Escaped(text));
        let document = roxmltree::Document::parse(&document).unwrap();
        assert_eq!(document.root_element().text(), Some(text));
        assert_eq!(document.root_element().attribute("a"), Some(text));
        let hostile: String = (0..0x10ffff).filter_map(char::from_u32).collect();
        roxmltree::Document::parse(&format!("<t>{}</t>", Escaped(&hostile))).unwrap();
    }
}
