//! Cuts a D file into tokens; comments travel on the token that they stand before, directives are set aside.
//!
//! Tokens are made one at a time, so that the first mistake in the file is the one that is reported.

use super::{DFileError, Ignored, list};

/// A place in the file: line and column, both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Position {
    /// An error at this place.
    pub(super) fn error(self, message: impl Into<String>) -> DFileError {
        DFileError { line: self.line, column: self.column, message: message.into() }
    }
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'s> {
    /// An identifier or a keyword.
    Word(&'s str),
    /// What begins with a digit.
    Number(&'s str),
    /// Any other character; the parser knows which ones may stand where.
    Punct(char),
    /// The end of the file.
    End,
}

/// A token, where it stands, and the comments that belong to it.
#[derive(Clone, Debug)]
pub(super) struct Token<'s> {
    pub(super) kind: Kind<'s>,
    pub(super) start: Position,
    /// Right after its last character.
    pub(super) end: Position,
    /// The comments directly before it, with their delimiters.
    pub(super) comments: Vec<&'s str>,
}

/// A comment that waits for the token it may belong to.
struct Comment<'s> {
    text: &'s str,
    last_line: usize,
    /// It began on the line of an earlier token, and speaks of that one unless the next token is there too.
    trailing: bool,
}

/// The rest of the file.
pub(super) struct Lexer<'s> {
    rest: &'s str,
    at: Position,
    /// The line on which the last token or directive ended; 0 before the first.
    occupied: usize,
    comments: Vec<Comment<'s>>,
    ignored: Vec<Ignored>,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        let rest = source.strip_prefix('\u{feff}').unwrap_or(source);
        let at = Position { line: 1, column: 1 };
        Lexer { rest, at, occupied: 0, comments: Vec::new(), ignored: Vec::new() }
    }

    /// The directives that were skipped.
    pub(super) fn into_ignored(self) -> Vec<Ignored> {
        self.ignored
    }

    /// The next token; [`Kind::End`] for ever once the file is over.
    pub(super) fn next(&mut self) -> Result<Token<'s>, DFileError> {
        self.skip()?;
        let start = self.at;
        let comments = self.comments_for(start.line);
        let kind = match self.rest.chars().next() {
            None => Kind::End,
            Some(c) if is_word(c) => {
                let text = self.take(self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len()));
                if c.is_numeric() { Kind::Number(text) } else { Kind::Word(text) }
            }
            Some(c) => {
                self.take(c.len_utf8());
                Kind::Punct(c)
            }
        };
        self.occupied = self.at.line;
        Ok(Token { kind, start, end: self.at, comments })
    }

    /// Skips all that stands between two tokens.
    fn skip(&mut self) -> Result<(), DFileError> {
        loop {
            let blank = self.rest.len() - self.rest.trim_start().len();
            self.take(blank);
            if self.rest.starts_with("//") {
                let len = self.rest.find('\n').unwrap_or(self.rest.len());
                self.comment(len);
            } else if self.rest.starts_with("/*") {
                let Some(len) = self.rest[2..].find("*/") else {
                    return Err(self.at.error("this comment never ends: write `*/` where it should"));
                };
                self.comment(len + 4);
            } else if self.rest.starts_with('#') && self.occupied != self.at.line {
                self.directive()?;
            } else {
                return Ok(());
            }
        }
    }

    /// Sets the next `len` bytes aside: a comment.
    fn comment(&mut self, len: usize) {
        let first_line = self.at.line;
        let mut trailing = first_line == self.occupied;
        if let Some(last) = self.comments.last() {
            let same_line = last.last_line == first_line;
            if last.trailing && same_line {
                trailing = true;
            } else if last.trailing || last.last_line + 1 < first_line {
                self.comments.clear();
            }
        }
        let text = self.take(len);
        self.comments.push(Comment { text, last_line: self.at.line, trailing });
    }

    /// The comments that belong to a token on this line.
    fn comments_for(&mut self, line: usize) -> Vec<&'s str> {
        let comments = std::mem::take(&mut self.comments);
        match comments.last() {
            Some(last) if last.last_line == line || (!last.trailing && last.last_line + 1 == line) => {
                comments.iter().map(|comment| comment.text).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Sets a `#` line aside, or says why it can't be.
    fn directive(&mut self) -> Result<(), DFileError> {
        let start = self.at;
        let script = self.rest.starts_with("#!");
        let text = self.take(directive_len(self.rest));
        let word = text[1..].split_whitespace().next().unwrap_or_default();
        match word {
            _ if script && start == (Position { line: 1, column: 1 }) => {}
            "" | "pragma" | "ident" | "include" | "line" => {}
            _ if word.bytes().all(|b| b.is_ascii_digit()) => {}
            _ => return Err(start.error(refusal(word))),
        }
        self.comments.clear();
        self.occupied = self.at.line;
        let mut what = String::new();
        for word in text.split_whitespace() {
            if word != "\\" {
                list(&mut what, " ", word);
            }
        }
        self.ignored.push(Ignored { line: start.line, column: start.column, what });
        Ok(())
    }

    /// Moves over the next `len` bytes.
    fn take(&mut self, len: usize) -> &'s str {
        let (text, rest) = self.rest.split_at(len);
        for c in text.chars() {
            if c == '\n' {
                self.at = Position { line: self.at.line + 1, column: 1 };
            } else {
                self.at.column += 1;
            }
        }
        self.rest = rest;
        text
    }
}

/// Whether the character can stand in a word. Letters beyond ASCII can, so that a bad name is reported whole.
fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The bytes of the directive that `rest` begins with: to the end of its last line, or to a comment.
fn directive_len(rest: &str) -> usize {
    let script = rest.starts_with("#!");
    let mut continued = false;
    for (i, c) in rest.char_indices() {
        let comment = !script && (rest[i..].starts_with("/*") || rest[i..].starts_with("//"));
        if comment || (c == '\n' && !continued) {
            return i;
        }
        continued = c == '\\' || (continued && c == '\r');
    }
    rest.len()
}

/// Why a directive can't be skipped, and what to write instead.
fn refusal(word: &str) -> String {
    match word {
        "if" | "ifdef" | "ifndef" | "elif" | "else" | "endif" => format!(
            "`#{word}` decides what the file says and can't be ignored: \
             run the file through `cpp` first, or keep only the lines you want"
        ),
        "define" | "undef" => format!(
            "`#{word}` would change the types below it and macros aren't expanded: \
             run the file through `cpp` first, or write the types themselves"
        ),
        _ => format!(
            "`#{}` is not a directive that can be ignored, as `#pragma` and `#include` are: remove the line",
            word.escape_debug()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(source: &str) -> Vec<Token<'_>> {
        let mut lexer = Lexer::new(source);
        let mut tokens = Vec::new();
        loop {
            let token = lexer.next().unwrap();
            if token.kind == Kind::End {
                return tokens;
            }
            tokens.push(token);
        }
    }

    /// The comments of the token `b`.
    fn comments(source: &str) -> Vec<&str> {
        tokens(source).into_iter().find(|token| token.kind == Kind::Word("b")).unwrap().comments
    }

    #[test]
    fn positions_count_characters() {
        let tokens = tokens("\u{feff}a /* ü */ bc\r\n\t12x;");
        let found: Vec<_> =
            tokens.iter().map(|t| (t.kind, t.start.line, t.start.column, t.end.column)).collect();
        assert_eq!(
            found,
            [
                (Kind::Word("a"), 1, 1, 2),
                (Kind::Word("bc"), 1, 11, 13),
                (Kind::Number("12x"), 2, 2, 5),
                (Kind::Punct(';'), 2, 5, 6),
            ]
        );
    }

    #[test]
    fn a_comment_belongs_to_the_token_below_it() {
        assert_eq!(comments("/* one */\nb"), ["/* one */"]);
        assert_eq!(comments("// one\n// two\nb"), ["// one", "// two"]);
        assert_eq!(comments("// far\n\n// near\r\nb"), ["// near\r"]);
        assert_eq!(comments("a; /* b's */ b"), ["/* b's */"]);
        assert_eq!(comments("a; // a's\n// b's\nb"), ["// b's"]);
        assert_eq!(comments("a; // a's\nb"), [""; 0]);
        assert_eq!(comments("a; /* a's */ /* too */\nb"), [""; 0]);
        assert_eq!(comments("/* far */\n\nb"), [""; 0]);
        assert_eq!(comments("// a file's\n#pragma x\nb"), [""; 0]);
        assert_eq!(comments("#pragma x // a pragma's\nb"), [""; 0]);
    }

    #[test]
    fn directives_are_set_aside() {
        let mut lexer =
            Lexer::new("#!/bin/sh // s\n  # 1 \"a\" 2\n#pragma D \\\n  option quiet /* x\n */ b\n#");
        assert_eq!(lexer.next().unwrap().kind, Kind::Word("b"));
        assert_eq!(lexer.next().unwrap().kind, Kind::End);
        let found: Vec<_> = lexer.into_ignored().into_iter().map(|i| (i.line, i.column, i.what)).collect();
        assert_eq!(
            found,
            [
                (1, 1, "#!/bin/sh // s".to_owned()),
                (2, 3, "# 1 \"a\" 2".to_owned()),
                (3, 1, "#pragma D option quiet".to_owned()),
                (6, 1, "#".to_owned()),
            ]
        );
    }

    #[test]
    fn a_directive_that_matters_is_refused() {
        for word in ["if X", "define bool char", "error no", "!/bin/sh", "\u{1b}["] {
            let source = format!("a\n #{word}\n");
            let mut lexer = Lexer::new(&source);
            lexer.next().unwrap();
            let error = lexer.next().unwrap_err();
            assert_eq!((error.line, error.column), (2, 2), "{error}");
            assert!(!error.message.contains('\u{1b}'));
        }
    }

    #[test]
    fn an_endless_comment_is_reported_where_it_begins() {
        assert_eq!(Lexer::new("\n /*/").next().unwrap_err().to_string().split_once(": ").unwrap().0, "2:2");
    }
}
