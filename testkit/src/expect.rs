//! Saying what was expected and what a tracer said, before comparing the two.

use std::fmt::Debug;

/// Lists that are longer than this are shown around their first difference only.
const ROWS: usize = 40;

/// Prints both sides, then fails unless they are equal.
#[track_caller]
pub fn equal<E: Debug + ?Sized, S: Debug + PartialEq<E> + ?Sized>(who: &str, expected: &E, said: &S) {
    println!("expected:   {expected:?}\n{who} said: {said:?}");
    assert!(said == expected, "expected {expected:#?}\n{who} said {said:#?}");
}

/// Prints both lists, or of long ones their first difference, then fails unless they are equal.
#[track_caller]
pub(crate) fn same_rows(who: &str, expected: &[&str], said: &[&str]) {
    if expected.len().max(said.len()) <= ROWS {
        return equal(who, &expected, &said);
    }
    println!("expected {} rows, {who} said {}", expected.len(), said.len());
    let equal_rows = expected.iter().zip(said).take_while(|(one, other)| one == other).count();
    let around = |rows: &[&str]| format!("{:#?}", &rows[equal_rows..rows.len().min(equal_rows + 3)]);
    assert!(
        said == expected,
        "expected {} rows, {who} said {}; after {equal_rows} equal ones {} against {}",
        expected.len(),
        said.len(),
        around(expected),
        around(said)
    );
}
