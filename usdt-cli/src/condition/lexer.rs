//! Text → tokens.

use std::ops::Range;
use std::time::Duration;

use super::comparable::{Comparable, Comparison, Number};
use super::error::Problem;
use crate::arguments;

/// A word of the language.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    Literal(Comparable<'static>),
    Compare(Comparison),
    Match { negated: bool },
    And,
    Or,
    Not,
    Open,
    Close,
}

/// A token, and which bytes of the text it is.
pub(super) type Placed = (Token, Range<usize>);

/// Signs, the longer ones first.
const SIGNS: [(&str, Token); 14] = [
    ("==", Token::Compare(Comparison::Equal)),
    ("!=", Token::Compare(Comparison::NotEqual)),
    ("<=", Token::Compare(Comparison::LessOrEqual)),
    (">=", Token::Compare(Comparison::GreaterOrEqual)),
    ("!~", Token::Match { negated: true }),
    ("=~", Token::Match { negated: false }),
    ("&&", Token::And),
    ("||", Token::Or),
    ("<", Token::Compare(Comparison::Less)),
    (">", Token::Compare(Comparison::Greater)),
    ("~", Token::Match { negated: false }),
    ("!", Token::Not),
    ("(", Token::Open),
    (")", Token::Close),
];

/// The tokens of a condition.
pub(super) fn lex(text: &str) -> Result<Vec<Placed>, Problem> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let (token, length) = token(&text[at..], c)
            .map_err(|(message, place)| Problem::new(at + place.start..at + place.end, message))?;
        tokens.push((token, at..at + length));
        at += length;
    }
    Ok(tokens)
}

/// A message, and the bytes of the rest that it is about.
type Complaint = (String, Range<usize>);

/// The first token of the rest of the text, which begins with `c`, and its length.
fn token(rest: &str, c: char) -> Result<(Token, usize), Complaint> {
    let negative = c == '-' && rest[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if c.is_ascii_digit() || negative {
        return number(rest);
    }
    if c.is_alphabetic() || c == '_' {
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        return Ok((word(&rest[..length]), length));
    }
    if c == '"' || c == '\'' {
        return quoted(rest, c);
    }
    if let Some((sign, token)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
        return Ok((token.clone(), sign.len()));
    }
    let message = match c {
        '=' => "equality is written `==`".to_owned(),
        '&' => "`and` is written `&&`".to_owned(),
        '|' => "`or` is written `||`".to_owned(),
        _ => format!("{c:?} means nothing here"),
    };
    Err((message, 0..c.len_utf8()))
}

fn word(word: &str) -> Token {
    match word {
        "true" => Token::Literal(Comparable::Bool(true)),
        "false" => Token::Literal(Comparable::Bool(false)),
        "none" => Token::Literal(Comparable::None),
        name => Token::Name(name.to_owned()),
    }
}

/// A number, or a time: a number with a unit.
fn number(rest: &str) -> Result<(Token, usize), Complaint> {
    let length = number_length(rest);
    let written = &rest[..length];
    let value = integer(written)
        .or_else(|| float(written))
        .map(Comparable::Number)
        .or_else(|| time(written).map(Comparable::Duration));
    match value {
        Some(value) => Ok((Token::Literal(value), length)),
        None => Err((format!("`{written}` is no number, and no time such as `5ms`"), 0..length)),
    }
}

/// How long the word is that begins with a digit or a minus: a sign may stand in it behind an exponent's `e`.
fn number_length(rest: &str) -> usize {
    let mut before = ' ';
    let is_hex = rest.trim_start_matches('-').starts_with("0x");
    for (i, c) in rest.char_indices() {
        let signed = i == 0 || (matches!(before, 'e' | 'E') && !is_hex);
        if !(c.is_alphanumeric() || matches!(c, '_' | '.') || (signed && matches!(c, '-' | '+'))) {
            return i;
        }
        before = c;
    }
    rest.len()
}

fn integer(written: &str) -> Option<Number> {
    let (digits, negative) = match written.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (written, false),
    };
    let (digits, radix) = digits.strip_prefix("0x").map_or((digits, 10), |digits| (digits, 16));
    // Rust's own parser would take a sign here.
    let digits = Some(digits.replace('_', "")).filter(|digits| digits.chars().all(|c| c.is_digit(radix)))?;
    let size = u128::from_str_radix(&digits, radix).ok()?;
    match negative {
        false => Some(Number::Unsigned(size)),
        true => 0i128.checked_sub_unsigned(size).map(Number::Signed),
    }
}

fn float(written: &str) -> Option<Number> {
    // Rust's own parser would take `inf` and `nan`.
    let plain = written.chars().all(|c| c.is_ascii_digit() || matches!(c, '_' | '.' | 'e' | 'E' | '-' | '+'));
    plain.then(|| written.replace('_', "").parse().ok().map(Number::Float))?
}

fn time(written: &str) -> Option<Duration> {
    arguments::duration(written).ok()
}

/// Text in quotes of either kind, as it stands: a backslash is a backslash, so that regular expressions needn't be written
/// twice.
fn quoted(rest: &str, quote: char) -> Result<(Token, usize), Complaint> {
    let Some(length) = rest[1..].find(quote) else {
        return Err((format!("the text has no {quote} at its end"), 0..rest.len()));
    };
    Ok((Token::Literal(Comparable::Text(rest[1..=length].to_owned().into())), length + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token> {
        lex(text).unwrap().into_iter().map(|(token, _)| token).collect()
    }

    fn number(number: Number) -> Token {
        Token::Literal(Comparable::Number(number))
    }

    #[test]
    fn numbers() {
        for (text, value) in [
            ("0", Number::Unsigned(0)),
            ("1_000", Number::Unsigned(1000)),
            ("0xff_ff", Number::Unsigned(0xffff)),
            ("0x1e5", Number::Unsigned(0x1e5)),
            ("-17", Number::Signed(-17)),
            ("-0x10", Number::Signed(-16)),
            ("340282366920938463463374607431768211455", Number::Unsigned(u128::MAX)),
            ("2.5", Number::Float(2.5)),
            ("-1e-3", Number::Float(-0.001)),
            ("1e3", Number::Float(1000.0)),
        ] {
            assert_eq!(tokens(text), [number(value)], "{text}");
        }
    }

    #[test]
    fn times() {
        for (text, nanoseconds) in
            [("5ms", 5_000_000), ("1.5s", 1_500_000_000), ("1m30s", 90_000_000_000), ("250us", 250_000)]
        {
            let time = Token::Literal(Comparable::Duration(Duration::from_nanos(nanoseconds)));
            assert_eq!(tokens(text), [time], "{text}");
        }
    }

    #[test]
    fn text_is_as_it_stands() {
        let text = |text: &'static str| Token::Literal(Comparable::Text(text.into()));
        assert_eq!(tokens(r#""^/a\.b'c""#), [text(r"^/a\.b'c")]);
        assert_eq!(tokens("'say \"hé\"'\"\""), [text("say \"hé\""), text("")]);
    }

    #[test]
    fn signs_need_no_space() {
        use Token::*;
        let name = |name: &str| Name(name.to_owned());
        assert_eq!(
            tokens("!(a>=1||b!~'x')&&c"),
            [
                Not,
                Open,
                name("a"),
                Compare(Comparison::GreaterOrEqual),
                number(Number::Unsigned(1)),
                Or,
                name("b"),
                Match { negated: true },
                Literal(Comparable::Text("x".into())),
                Close,
                And,
                name("c"),
            ]
        );
    }

    #[test]
    fn complaints_know_their_place() {
        for (text, place, message) in [
            ("é = 1", 3..4, "equality is written `==`"),
            ("a & b", 2..3, "`and` is written `&&`"),
            ("a == 5parsecs", 5..13, "`5parsecs` is no number, and no time such as `5ms`"),
            ("a == 1.2.3", 5..10, "`1.2.3` is no number, and no time such as `5ms`"),
            ("a == 0xzz", 5..9, "`0xzz` is no number, and no time such as `5ms`"),
            ("a == \"x", 5..7, "the text has no \" at its end"),
            ("a # b", 2..3, "'#' means nothing here"),
        ] {
            let problem = lex(text).unwrap_err();
            assert_eq!((problem.place, problem.message.as_str()), (place, message), "{text}");
        }
    }
}
