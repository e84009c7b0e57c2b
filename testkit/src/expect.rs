//! Saying what was expected and what a tracer said, before comparing the two.

use std::fmt::Debug;

/// Prints both sides, then fails unless they are equal.
#[track_caller]
pub fn equal<E: Debug + ?Sized, S: Debug + PartialEq<E> + ?Sized>(who: &str, expected: &E, said: &S) {
    println!("expected:   {expected:?}\n{who} said: {said:?}");
    assert!(said == expected, "expected {expected:#?}\n{who} said {said:#?}");
}
