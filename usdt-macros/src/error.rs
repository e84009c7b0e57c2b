//! Errors that point at the user's own tokens.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{quote, quote_spanned};

/// What is wrong, where, and what to write instead.
pub(crate) struct Error {
    start: Span,
    end: Span,
    message: String,
}

impl Error {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Error {
        Error { start: span, end: span, message: message.into() }
    }

    /// Points at all of the tokens; at `otherwise` if there are none.
    pub(crate) fn over(tokens: &TokenStream, otherwise: Span, message: impl Into<String>) -> Error {
        let (start, end) = ends(tokens).unwrap_or((otherwise, otherwise));
        Error { start, end, message: message.into() }
    }

    pub(crate) fn to_compile_error(&self) -> TokenStream {
        // The compiler points from the first token to the last: spans can't be joined in another way.
        let message = &self.message;
        let mut group = Group::new(Delimiter::Brace, quote!(#message));
        group.set_span(self.end);
        let start = quote_spanned!(self.start=> ::core::compile_error!);
        quote!(#start #group)
    }
}

/// All of the errors, one after another.
pub(crate) fn to_compile_errors(errors: &[Error]) -> TokenStream {
    let mut code = TokenStream::new();
    for error in errors {
        code.extend(error.to_compile_error());
    }
    code
}

/// Where the tokens begin and end.
pub(crate) fn ends(tokens: &TokenStream) -> Option<(Span, Span)> {
    let mut tokens = tokens.clone().into_iter();
    let first = tokens.next()?.span();
    Some((first, tokens.last().map_or(first, |token| token.span())))
}

pub(crate) type Result<T> = std::result::Result<T, Error>;
