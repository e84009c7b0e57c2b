//! Values as conditions see them: what can be compared with what, and how.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::time::Duration;

use usdt_trace::Value;

/// A value that can be compared.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Comparable<'a> {
    Number(Number),
    Text(Cow<'a, str>),
    Char(char),
    Bool(bool),
    Duration(Duration),
    None,
}

/// A number of any kind, compared by what it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Unsigned(u128),
    Signed(i128),
    Float(f64),
}

/// What kind of value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Number,
    Text,
    Char,
    Bool,
    Duration,
    None,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl<'a> Comparable<'a> {
    /// What a firing carried; `None` if it could not be read.
    pub(super) fn of(value: &'a Value) -> Option<Comparable<'a>> {
        Some(match value {
            Value::Unsigned(n) => Comparable::Number(Number::Unsigned(*n)),
            Value::Signed(n) => Comparable::Number(Number::Signed(*n)),
            Value::Float(n) => Comparable::Number(Number::Float(*n)),
            Value::Bool(b) => Comparable::Bool(*b),
            Value::Char(Ok(c)) => Comparable::Char(*c),
            Value::Char(Err(n)) => Comparable::Number(Number::Unsigned((*n).into())),
            Value::Address(a) => Comparable::Number(Number::Unsigned((*a).into())),
            Value::Text(text) | Value::Json(text) => Comparable::Text(Cow::Borrowed(text)),
            Value::Bytes(bytes) => Comparable::Text(String::from_utf8_lossy(bytes)),
            Value::Duration(time) => Comparable::Duration(*time),
            Value::None => Comparable::None,
            Value::Unreadable(_) => return None,
        })
    }

    pub(super) fn ty(&self) -> Type {
        match self {
            Comparable::Number(_) => Type::Number,
            Comparable::Text(_) => Type::Text,
            Comparable::Char(_) => Type::Char,
            Comparable::Bool(_) => Type::Bool,
            Comparable::Duration(_) => Type::Duration,
            Comparable::None => Type::None,
        }
    }

    /// How they compare; `None` if they can't be compared. Values that are only equal or not are never `Less`.
    fn order(&self, other: &Comparable<'_>) -> Option<Ordering> {
        match (self, other) {
            (Comparable::Number(a), Comparable::Number(b)) => a.order(*b),
            (Comparable::Text(a), Comparable::Text(b)) => Some(a.cmp(b)),
            (Comparable::Char(a), Comparable::Char(b)) => Some(a.cmp(b)),
            (Comparable::Char(a), Comparable::Text(b)) => Some((*a.encode_utf8(&mut [0; 4])).cmp(b.as_ref())),
            (Comparable::Text(_), Comparable::Char(_)) => other.order(self).map(Ordering::reverse),
            (Comparable::Duration(a), Comparable::Duration(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// Whether they are equal; `None` if they can't be compared. `none` is a text that is not there.
    fn equal(&self, other: &Comparable<'_>) -> Option<bool> {
        match (self, other) {
            (Comparable::Bool(a), Comparable::Bool(b)) => Some(a == b),
            (Comparable::None, Comparable::None) => Some(true),
            (Comparable::None, Comparable::Text(_)) | (Comparable::Text(_), Comparable::None) => Some(false),
            // A float that is no number is not equal to itself, as everywhere.
            (Comparable::Number(_), Comparable::Number(_)) => {
                Some(self.order(other) == Some(Ordering::Equal))
            }
            _ => self.order(other).map(Ordering::is_eq),
        }
    }
}

impl Number {
    /// Floats are exact up to 2^53; an integer beyond that is rounded before it is compared with one.
    fn order(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Unsigned(a), Number::Unsigned(b)) => Some(a.cmp(&b)),
            (Number::Signed(a), Number::Signed(b)) => Some(a.cmp(&b)),
            (Number::Signed(a), Number::Unsigned(b)) => {
                Some(u128::try_from(a).map_or(Ordering::Less, |a| a.cmp(&b)))
            }
            (Number::Unsigned(_), Number::Signed(_)) => other.order(self).map(Ordering::reverse),
            (Number::Float(_), _) | (_, Number::Float(_)) => self.as_float().partial_cmp(&other.as_float()),
        }
    }

    fn as_float(self) -> f64 {
        match self {
            Number::Unsigned(n) => n as f64,
            Number::Signed(n) => n as f64,
            Number::Float(n) => n,
        }
    }
}

impl Comparison {
    /// Whether two values compare like this; `None` if they can't be compared.
    pub(super) fn holds(self, left: &Comparable<'_>, right: &Comparable<'_>) -> Option<bool> {
        match self {
            Comparison::Equal => left.equal(right),
            Comparison::NotEqual => left.equal(right).map(|equal| !equal),
            Comparison::Less => left.order(right).map(Ordering::is_lt),
            Comparison::LessOrEqual => left.order(right).map(Ordering::is_le),
            Comparison::Greater => left.order(right).map(Ordering::is_gt),
            Comparison::GreaterOrEqual => left.order(right).map(Ordering::is_ge),
        }
    }

    /// Whether values of these types can ever compare like this.
    pub(super) fn is_possible(self, left: Type, right: Type) -> bool {
        use Type::*;
        let only_equal = matches!(self, Comparison::Equal | Comparison::NotEqual);
        match (left, right) {
            (Bool, Bool) | (None, None) | (None, Text) | (Text, None) => only_equal,
            (Char, Text) | (Text, Char) => true,
            _ => left == right,
        }
    }
}

/// What a value of this type is called in a message.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::Number => "a number",
            Type::Text => "text",
            Type::Char => "a character",
            Type::Bool => "true or false",
            Type::Duration => "a time",
            Type::None => "none",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_what_they_are_worth() {
        use Number::*;
        for (a, b, order) in [
            (Signed(-1), Unsigned(u128::MAX), Ordering::Less),
            (Unsigned(u128::MAX), Signed(-1), Ordering::Greater),
            (Signed(7), Unsigned(7), Ordering::Equal),
            (Signed(i128::MIN), Signed(0), Ordering::Less),
            (Float(0.5), Unsigned(1), Ordering::Less),
            (Signed(-2), Float(-2.0), Ordering::Equal),
        ] {
            assert_eq!(a.order(b), Some(order), "{a:?} {b:?}");
        }
        assert_eq!(Float(f64::NAN).order(Unsigned(1)), None);
    }

    #[test]
    fn what_is_no_number_equals_nothing() {
        let nan = Comparable::Number(Number::Float(f64::NAN));
        assert_eq!(Comparison::Equal.holds(&nan, &nan), Some(false));
        assert_eq!(Comparison::NotEqual.holds(&nan, &nan), Some(true));
        assert_eq!(Comparison::Less.holds(&nan, &nan), None);
    }

    #[test]
    fn what_types_promise_values_keep() {
        let values = [
            Comparable::Number(Number::Unsigned(1)),
            Comparable::Text("a".into()),
            Comparable::Char('a'),
            Comparable::Bool(true),
            Comparable::Duration(Duration::from_millis(5)),
            Comparable::None,
        ];
        for left in &values {
            for right in &values {
                for comparison in
                    [Comparison::Equal, Comparison::NotEqual, Comparison::Less, Comparison::GreaterOrEqual]
                {
                    let possible = comparison.is_possible(left.ty(), right.ty());
                    assert_eq!(
                        comparison.holds(left, right).is_some(),
                        possible,
                        "{left:?} {comparison:?} {right:?}"
                    );
                }
            }
        }
    }
}
