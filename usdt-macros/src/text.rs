//! Text on its way from tokens to docs and to the assembler.

use proc_macro2::{Spacing, TokenStream, TokenTree};
pub(crate) use usdt_core::dfile::list;
pub(crate) use usdt_core::model::first_paragraph;

/// The value of a string literal as it stands in source, or `None` if it isn't one.
pub(crate) fn unquote(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('r') {
        let body = raw.trim_matches('#');
        return Some(body.strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    let body = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut value = String::new();
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        match chars.next()? {
            'n' => value.push('\n'),
            'r' => value.push('\r'),
            't' => value.push('\t'),
            '0' => value.push('\0'),
            'x' => {
                let (high, low) = (chars.next()?.to_digit(16)?, chars.next()?.to_digit(16)?);
                value.push(char::from_u32(high << 4 | low)?);
            }
            'u' => {
                let mut code = 0;
                loop {
                    match chars.next()? {
                        '{' | '_' => {}
                        '}' => break,
                        digit => code = code << 4 | digit.to_digit(16)?,
                    }
                }
                value.push(char::from_u32(code)?);
            }
            '\n' => {
                let rest = chars.as_str().trim_start();
                chars = rest.chars();
            }
            other => value.push(other),
        }
    }
    Some(value)
}

/// Text for `.asciz "…"` inside an `asm!` template: what either of the two would read specially becomes an octal escape.
pub(crate) fn assembler(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            // A NUL would end the note's field.
            0 => escaped.push(' '),
            b' ' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => escaped.push(char::from(byte)),
            _ if b"_-.,:;!?&*<>()[]'=+|/".contains(&byte) => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("\\{byte:03o}")),
        }
    }
    escaped
}

/// Tokens as a person would write them: `Option<&'a str>`, not `Option < & 'a str >`.
pub(crate) fn source(tokens: &TokenStream) -> String {
    let mut text = String::new();
    write_source(tokens, &mut text);
    text
}

fn write_source(tokens: &TokenStream, text: &mut String) {
    let mut glued = true;
    for token in tokens.clone() {
        if let TokenTree::Group(group) = &token {
            let (open, close) = match group.delimiter() {
                proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                proc_macro2::Delimiter::Bracket => ("[", "]"),
                proc_macro2::Delimiter::Brace => ("{", "}"),
                proc_macro2::Delimiter::None => ("", ""),
            };
            // `&mut [u8]`, but `Fn(u8)`.
            if text.ends_with("mut") || text.ends_with("const") || text.ends_with("dyn") {
                text.push(' ');
            }
            text.push_str(open);
            write_source(&group.stream(), text);
            text.push_str(close);
            glued = false;
            continue;
        }
        let spelled = token.to_string();
        let word = |c: char| c.is_alphanumeric() || c == '_';
        if !glued && text.ends_with(word) && spelled.starts_with(|c: char| word(c) || c == '\'') {
            text.push(' ');
        }
        if spelled == "-" {
            text.push(' ');
        }
        text.push_str(&spelled);
        glued = matches!(&token, TokenTree::Punct(p) if p.as_char() == '\'' || p.spacing() == Spacing::Joint);
        if matches!(&token, TokenTree::Punct(p) if matches!(p.as_char(), ',' | ';') || (p.as_char() == '>' && text.ends_with("->")))
        {
            text.push(' ');
        }
    }
}

/// A number for a text: FNV-1a with 128 bits, which is a line to compile. Nobody gains from two texts with one number.
pub(crate) fn hash(text: &str) -> u128 {
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for byte in text.bytes() {
        hash = (hash ^ u128::from(byte)).wrapping_mul((1 << 88) + 0x13b);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        assert_eq!(unquote(r#""a\"b\\\n\x41\u{e4}""#).unwrap(), "a\"b\\\nAä");
        assert_eq!(unquote("r#\"a\"b\\\"#").unwrap(), "a\"b\\");
        assert_eq!(unquote("\"a\\\n   b\"").unwrap(), "ab");
        assert_eq!(unquote("7"), None);
        assert_eq!(unquote("b\"x\""), None);
    }

    #[test]
    fn what_the_assembler_would_read_is_escaped() {
        assert_eq!(
            assembler("a {b} \"c\" \\ %d $1 # ä\n"),
            r"a \173b\175 \042c\042 \134 \045d \0441 \043 \303\244\012"
        );
    }

    #[test]
    fn types_look_as_written() {
        for ty in [
            "&str",
            "Option<&'static str>",
            "*const u8",
            "&mut [u8; 4]",
            "fn(u8, u8) -> u8",
            "a::B<C, D>",
            "&'a T",
        ] {
            assert_eq!(source(&ty.parse().unwrap()), ty);
        }
    }

    #[test]
    fn hashes_are_those_of_the_standard() {
        assert_eq!(hash(""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(hash("a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
