//! How wide text is on a terminal, and cutting it: a line that wraps can't be taken away again.

use crate::terminal::{FAINT, paint};

/// How many columns of a terminal a character takes: from Hangul on, besides those that are drawn here, it may be two, and it
/// does no harm to think so of too many.
fn columns(c: char) -> usize {
    let is_ours = matches!(c, '…' | '–' | '→' | '█'..='▏');
    if is_ours || c < '\u{1100}' { 1 } else { 2 }
}

/// How many columns a text takes that has no styles.
pub(crate) fn wide(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// A text with blanks behind it.
pub(crate) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(wide(text))))
}

/// A text without styles, cut to a width; it can be seen that something is missing.
pub(crate) fn cut(text: &str, room: usize) -> String {
    if wide(text) <= room {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = text.chars().take_while(|&c| {
        used += columns(c);
        used <= room
    });
    format!("{}…", fits.collect::<String>().trim_end())
}

/// A line cut to a width. Styles take no room, and none is left open.
fn fit(line: &str, width: usize) -> String {
    let (mut used, mut in_style) = (0, false);
    let shown = line.chars().filter(|&c| {
        let is_style = in_style || c == '\x1b';
        in_style = is_style && c != 'm';
        if !is_style {
            used += columns(c);
        }
        is_style || used <= width
    });
    shown.collect()
}

/// The first lines, so many and none wider than that, for a terminal that must not wrap them. A last line says how many there are
/// besides.
pub(crate) fn clipped(mut lines: Vec<String>, height: usize, width: usize) -> Vec<String> {
    if lines.len() > height {
        let left_out = lines.len() - height.saturating_sub(1);
        lines.truncate(height.saturating_sub(1));
        lines.push(paint(FAINT, format_args!("{left_out} more")));
    }
    lines.iter().map(|line| fit(line, width)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::BAD;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn lines_are_cut_and_styles_are_not() {
        let line = format!("ab{}ef", paint(BAD, "cd"));
        assert_eq!(fit(&line, 9), line);
        assert_eq!(fit(&line, 6), line);
        assert_eq!(plain(&fit(&line, 3)), "abc");
        assert_eq!(fit("日本語", 5), "日本");
        assert!(fit(&line, 1).ends_with(&format!("{BAD:#}")));
    }

    #[test]
    fn a_terminal_gets_what_fits() {
        let lines: Vec<String> =
            ["firings  probe", "     12  orders", "      1  c:d"].map(str::to_owned).into();
        assert_eq!(clipped(lines.clone(), 3, 100), lines);
        let clipped: Vec<String> = clipped(lines, 2, 7).iter().map(|line| plain(line)).collect();
        assert_eq!(clipped, ["firings", "2 more"]);
    }

    #[test]
    fn what_was_cut_is_seen() {
        assert_eq!((cut("abc", 3), cut("abcd", 3)), ("abc".to_owned(), "ab…".to_owned()));
        assert_eq!((padded("ab", 3), wide("日本…")), ("ab ".to_owned(), 5));
    }
}
