//! Every wrong way to write a provider is an error at the user's own token that says what to write instead, and nothing
//! else: each case goes on with code that is right, and no error may come of it.

/// Cases whose messages are the same with and without `json`.
#[test]
fn mistakes() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    #[cfg(feature = "json")]
    cases.compile_fail("tests/ui/json/*.rs");
    #[cfg(not(feature = "json"))]
    cases.compile_fail("tests/ui/no_json/*.rs");
}

/// What other people's crates may look like.
#[test]
fn strict_crates() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
}
