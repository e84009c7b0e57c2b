//! Every wrong way to write a provider is an error at the user's own token that says what to write instead, and nothing
//! else: each case goes on with code that is right, and no error may come of it.

/// The compiler whose words the `.stderr` files have. Another one says the same in other words.
const COMPILER: &str = "rustc 1.95.";

fn is_the_compiler() -> bool {
    let version = std::process::Command::new("rustc").arg("--version").output().expect("rustc runs");
    version.stdout.starts_with(COMPILER.as_bytes())
}

/// Cases whose messages are the same with and without `json`, and those of one of the two.
#[test]
fn mistakes() {
    if !is_the_compiler() {
        eprintln!("skipped: the messages are those of {COMPILER}x");
        return;
    }
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
