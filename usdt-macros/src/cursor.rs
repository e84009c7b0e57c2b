//! A position in a list of tokens, for the parser.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;

use crate::error::{Error, Result};

/// A position in a list of tokens.
pub(crate) struct Cursor {
    tokens: std::iter::Peekable<proc_macro2::token_stream::IntoIter>,
    last: Span,
}

impl Cursor {
    /// At the start of the tokens; `around` is what an error points at if there are none.
    pub(crate) fn new(tokens: TokenStream, around: Span) -> Cursor {
        Cursor { tokens: tokens.into_iter().peekable(), last: around }
    }

    pub(crate) fn is_empty(&mut self) -> bool {
        self.tokens.peek().is_none()
    }

    /// Where the next token is, or the last one was.
    pub(crate) fn span(&mut self) -> Span {
        self.tokens.peek().map_or(self.last, TokenTree::span)
    }

    pub(crate) fn next(&mut self) -> Option<TokenTree> {
        let token = self.tokens.next();
        if let Some(token) = &token {
            self.last = token.span();
        }
        token
    }

    pub(crate) fn peek_punct(&mut self, c: char) -> bool {
        matches!(self.tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == c)
    }

    pub(crate) fn peek_word(&mut self, word: &str) -> bool {
        matches!(self.tokens.peek(), Some(TokenTree::Ident(i)) if i == word)
    }

    /// Whether `#!` is next.
    pub(crate) fn peek_inner_attribute(&mut self) -> bool {
        let mut ahead = self.tokens.clone();
        ahead.next().is_some_and(|t| is_punct(&t, '#')) && ahead.next().is_some_and(|t| is_punct(&t, '!'))
    }

    pub(crate) fn peek_group(&mut self, delimiter: Delimiter) -> bool {
        matches!(self.tokens.peek(), Some(TokenTree::Group(g)) if g.delimiter() == delimiter)
    }

    pub(crate) fn punct(&mut self, c: char) -> Option<TokenTree> {
        if self.peek_punct(c) { self.next() } else { None }
    }

    pub(crate) fn word(&mut self, word: &str) -> Option<Ident> {
        if self.peek_word(word) { self.ident() } else { None }
    }

    pub(crate) fn ident(&mut self) -> Option<Ident> {
        match self.tokens.peek() {
            Some(TokenTree::Ident(_)) => match self.next() {
                Some(TokenTree::Ident(ident)) => Some(ident),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn group(&mut self, delimiter: Delimiter) -> Option<Group> {
        if !self.peek_group(delimiter) {
            return None;
        }
        match self.next() {
            Some(TokenTree::Group(group)) => Some(group),
            _ => None,
        }
    }

    /// An error at the next token.
    pub(crate) fn expected(&mut self, what: &str) -> Error {
        let found = match self.tokens.peek() {
            Some(token) => format!("found `{token}`"),
            None => "found the end".to_owned(),
        };
        Error::new(self.span(), format!("expected {what}, {found}"))
    }

    /// All tokens up to one that stands outside of `<…>` and satisfies `end`, which is left.
    pub(crate) fn until(&mut self, end: &dyn Fn(&TokenTree) -> bool) -> TokenStream {
        let mut taken = TokenStream::new();
        let mut angles = 0_usize;
        let mut after_minus = false;
        while let Some(token) = self.tokens.peek() {
            if angles == 0 && end(token) {
                break;
            }
            if let TokenTree::Punct(p) = token {
                match p.as_char() {
                    '<' => angles += 1,
                    '>' if !after_minus => angles = angles.saturating_sub(1),
                    _ => {}
                }
                after_minus = p.as_char() == '-';
            } else {
                after_minus = false;
            }
            self.next().to_tokens(&mut taken);
        }
        taken
    }

    /// Takes `name = "literal"` after `name` has been read: the literal's text and place.
    pub(crate) fn string_value(&mut self, name: &str) -> Result<(String, Span)> {
        if self.punct('=').is_none() {
            return Err(self.expected(&format!("`{name} = \"…\"`")));
        }
        self.string()
    }

    /// Takes a string literal: its text and place.
    pub(crate) fn string(&mut self) -> Result<(String, Span)> {
        let error = self.expected("a string in quotes");
        match self.tokens.peek().map(|t| crate::text::unquote(&t.to_string())) {
            Some(Some(value)) => {
                let span = self.span();
                self.next();
                Ok((value, span))
            }
            _ => Err(error),
        }
    }
}

/// Whether the token is this punctuation.
pub(crate) fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(p) if p.as_char() == c)
}
