//! Values compared with what a program has: `assert_eq!(event["id"], 17)`.
//!
//! A number is equal to a number of another width or sign if both mean the same; nothing is equal to what it isn't by sort: a
//! number is never equal to a `bool` or to an address.

use std::time::Duration;

use crate::Value;

macro_rules! integers {
    ($($integer:ty)*) => {
        $(impl PartialEq<$integer> for Value {
            fn eq(&self, other: &$integer) -> bool {
                // A number that the type can't hold is no number of it.
                match *self {
                    Value::Unsigned(n) => <$integer>::try_from(n) == Ok(*other),
                    Value::Signed(n) => <$integer>::try_from(n) == Ok(*other),
                    _ => false,
                }
            }
        })*
    };
}

integers! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize }

macro_rules! others {
    ($($other:ty: $pattern:pat => $equal:expr, $theirs:ident;)*) => {
        $(impl PartialEq<$other> for Value {
            fn eq(&self, $theirs: &$other) -> bool {
                match self {
                    $pattern => $equal,
                    _ => false,
                }
            }
        })*
    };
}

others! {
    f64: Value::Float(own) => own == theirs, theirs;
    f32: Value::Float(own) => *own == f64::from(*theirs), theirs;
    bool: Value::Bool(own) => own == theirs, theirs;
    char: Value::Char(own) => *own == Ok(*theirs), theirs;
    str: Value::Text(own) | Value::Json(own) => own == theirs, theirs;
    &str: Value::Text(own) | Value::Json(own) => own == theirs, theirs;
    String: Value::Text(own) | Value::Json(own) => own == theirs, theirs;
    [u8]: Value::Bytes(own) => own == theirs, theirs;
    &[u8]: Value::Bytes(own) => own == theirs, theirs;
    Vec<u8>: Value::Bytes(own) => own == theirs, theirs;
    Duration: Value::Duration(own) => own == theirs, theirs;
}

impl<const N: usize> PartialEq<[u8; N]> for Value {
    fn eq(&self, theirs: &[u8; N]) -> bool {
        *self == theirs[..]
    }
}

impl<const N: usize> PartialEq<&[u8; N]> for Value {
    fn eq(&self, theirs: &&[u8; N]) -> bool {
        *self == theirs[..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_what_they_mean() {
        assert_eq!(Value::Unsigned(17), 17);
        assert_eq!(Value::Unsigned(17), 17_u64);
        assert_eq!(Value::Signed(17), 17_u8);
        assert_eq!(Value::Signed(-1), -1_i64);
        assert_ne!(Value::Signed(-1), u64::MAX);
        assert_ne!(Value::Unsigned(u64::MAX.into()), -1);
        assert_ne!(Value::Unsigned(256), 0_u8);
        assert_ne!(Value::Bool(true), 1);
        assert_ne!(Value::Address(1), 1);
    }

    #[test]
    fn everything_else_is_compared_with_its_own_sort() {
        assert_eq!(Value::Float(1.5), 1.5);
        assert_eq!(Value::Float(1.5), 1.5_f32);
        assert_eq!(Value::Bool(true), true);
        assert_eq!(Value::Char(Ok('ß')), 'ß');
        assert_eq!(Value::Text("a".into()), "a");
        assert_eq!(Value::Json("1".into()), String::from("1"));
        assert_eq!(Value::Bytes(b"a".to_vec()), b"a");
        assert_eq!(Value::Bytes(b"a".to_vec()), b"a"[..]);
        assert_eq!(Value::Duration(Duration::from_secs(1)), Duration::from_secs(1));
        assert_ne!(Value::None, "");
        assert_ne!(Value::Char(Err(0x11_0000)), 'a');
    }
}
