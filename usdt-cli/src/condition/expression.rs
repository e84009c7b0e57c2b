//! A condition, understood.

use std::ops::Range;

use regex::Regex;

use super::Name;
use super::comparable::{Comparable, Comparison};

/// Something that is true of a firing, or false, or unknown.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    /// Both are.
    And(Box<Expression>, Box<Expression>),
    /// One of them is.
    Or(Box<Expression>, Box<Expression>),
    /// It is not.
    Not(Box<Expression>),
    /// Two values compare like this.
    Compare(Operand, Comparison, Operand),
    /// A text matches a regular expression.
    Match(Operand, Regex),
    /// A value is true by itself.
    Truth(Operand),
}

/// A value, and where it stands in the text.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub(super) term: Term,
    pub(super) place: Range<usize>,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub(super) enum Term {
    /// From the firing.
    Name(Name),
    /// From the condition itself.
    Literal(Comparable<'static>),
}
