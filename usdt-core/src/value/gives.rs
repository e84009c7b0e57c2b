//! What a closure may give for an argument.
//!
//! These are `Borrow` and `AsRef` under names of their own, so that a mistake is told in the words of probes. Nobody
//! implements them by hand.

use core::borrow::Borrow;

/// What may be given for an argument of type `T`: whatever borrows as it.
#[diagnostic::on_unimplemented(
    message = "the closure gives `{Self}` where the probe takes `{T}`",
    label = "gives `{Self}` for `{T}`",
    note = "give a `{T}` or a reference to one; several arguments are a tuple in the probe's order, one argument comes bare"
)]
pub trait Gives<T: ?Sized> {
    /// What is given.
    fn given(&self) -> &T;
}

#[diagnostic::do_not_recommend]
impl<A: Borrow<T> + ?Sized, T: ?Sized> Gives<T> for A {
    #[inline(always)]
    fn given(&self) -> &T {
        self.borrow()
    }
}

/// What may be given for text: `&str`, `String`, and all else that is `AsRef<str>`.
#[diagnostic::on_unimplemented(
    message = "the closure gives `{Self}` where the probe takes text",
    label = "gives `{Self}` for `&str`",
    note = "give what is `AsRef<str>`; several arguments are a tuple in the probe's order, one argument comes bare"
)]
pub trait GivesText {
    /// What is given.
    fn given(&self) -> &str;
}

#[diagnostic::do_not_recommend]
impl<A: AsRef<str> + ?Sized> GivesText for A {
    #[inline(always)]
    fn given(&self) -> &str {
        self.as_ref()
    }
}

/// What may be given for a slice or an array: `Vec<T>`, `[T; N]`, and all else that is `AsRef<[T]>`.
#[diagnostic::on_unimplemented(
    message = "the closure gives `{Self}` where the probe takes a slice of `{T}`",
    label = "gives `{Self}` for `&[{T}]`",
    note = "give what is `AsRef<[{T}]>`; several arguments are a tuple in the probe's order, one argument comes bare"
)]
pub trait GivesSlice<T> {
    /// What is given.
    fn given(&self) -> &[T];
}

#[diagnostic::do_not_recommend]
impl<A: AsRef<[T]> + ?Sized, T> GivesSlice<T> for A {
    #[inline(always)]
    fn given(&self) -> &[T] {
        self.as_ref()
    }
}
