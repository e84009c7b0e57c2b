//! Errors that point at the user's own tokens.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// What is wrong, where, and what to write instead.
pub(crate) struct Error {
    span: Span,
    message: String,
}

impl Error {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Error {
        Error { span, message: message.into() }
    }

    pub(crate) fn to_compile_error(&self) -> TokenStream {
        let message = &self.message;
        quote_spanned!(self.span=> ::core::compile_error! { #message })
    }
}

pub(crate) type Result<T> = std::result::Result<T, Error>;
