//! Expression and firing → true, false or unknown.

use std::borrow::Cow;

use usdt_trace::Event;

use super::comparable::Comparable;
use super::expression::{Expression, Operand, Term};

/// A firing, and what is known of its process.
#[derive(Clone, Copy)]
pub(super) struct Firing<'e> {
    pub(super) event: &'e Event,
    pub(super) comm: &'e str,
}

/// Whether the expression is true of a firing; `None` if that is unknown. One side of `&&` and `||` may decide alone.
pub(super) fn truth(expression: &Expression, firing: Firing<'_>) -> Option<bool> {
    match expression {
        Expression::And(left, right) => match truth(left, firing) {
            Some(false) => Some(false),
            left => match (left, truth(right, firing)) {
                (_, Some(false)) => Some(false),
                (left, right) => Some(left? && right?),
            },
        },
        Expression::Or(left, right) => match truth(left, firing) {
            Some(true) => Some(true),
            left => match (left, truth(right, firing)) {
                (_, Some(true)) => Some(true),
                (left, right) => Some(left? || right?),
            },
        },
        Expression::Not(inner) => truth(inner, firing).map(|truth| !truth),
        Expression::Compare(left, comparison, right) => {
            comparison.holds(&*value(left, firing)?, &*value(right, firing)?)
        }
        Expression::Match(operand, regex) => match &*value(operand, firing)? {
            Comparable::Text(text) => Some(regex.is_match(text)),
            // A text that is not there.
            Comparable::None => Some(false),
            _ => None,
        },
        Expression::Truth(operand) => match &*value(operand, firing)? {
            Comparable::Bool(truth) => Some(*truth),
            _ => None,
        },
    }
}

fn value<'v>(operand: &'v Operand, firing: Firing<'v>) -> Option<Cow<'v, Comparable<'v>>> {
    match &operand.term {
        Term::Name(name) => name.value(firing.event, firing.comm).map(Cow::Owned),
        Term::Literal(value) => Some(Cow::Borrowed(value)),
    }
}
