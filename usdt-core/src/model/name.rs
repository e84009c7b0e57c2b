//! The one rule for names, on every path: Rust modules, D files, and providers defined while a program runs.

use std::fmt;

/// The longest name of a provider, in bytes: DTrace's limit of 63 less the ten digits of a process id.
pub const MAX_PROVIDER: usize = 53;
/// The longest name of a probe, in bytes, as DTrace counts it.
pub const MAX_PROBE: usize = 63;

/// What is wrong with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// The name has no characters.
    Empty,
    /// The name has `len` bytes and may have `max`.
    TooLong {
        /// Its length in bytes.
        len: usize,
        /// The longest that is allowed, in bytes.
        max: usize,
    },
    /// The character can't stand where it stands.
    BadChar(char),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameError::Empty => f.write_str("a name needs at least one character"),
            NameError::TooLong { len, max } => {
                write!(f, "the name has {len} bytes, tracers accept at most {max}: choose a shorter one")
            }
            NameError::BadChar(c) => write!(
                f,
                "{c:?} can't stand here: a name is ASCII letters, digits and `_`, and begins with a letter or `_`"
            ),
        }
    }
}

impl std::error::Error for NameError {}

/// Checks the name of a provider.
pub fn check_provider(name: &str) -> Result<(), NameError> {
    check(name, MAX_PROVIDER, |_| false)
}

/// Checks the name of a probe as tracers see it: like a provider's, and `-` may stand between words.
pub fn check_probe(name: &str) -> Result<(), NameError> {
    check(name, MAX_PROBE, |c| c == '-')
}

/// The probe's name for an identifier, or for a note's spelling: `__` stands for `-`, as it does in C and in D files.
pub fn probe_from_ident(ident: &str) -> String {
    ident.replace("__", "-")
}

/// How a note spells the probe's name: `__` for `-`, the convention of `sys/sdt.h`.
pub fn probe_to_note(name: &str) -> String {
    name.replace('-', "__")
}

fn check(name: &str, max: usize, also: impl Fn(char) -> bool) -> Result<(), NameError> {
    let first = name.chars().next().ok_or(NameError::Empty)?;
    if first.is_ascii_digit() {
        return Err(NameError::BadChar(first));
    }
    match name.chars().find(|&c| !(c.is_ascii_alphanumeric() || c == '_' || also(c))) {
        Some(bad) => Err(NameError::BadChar(bad)),
        None if name.len() > max => Err(NameError::TooLong { len: name.len(), max }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_becomes_a_name() {
        for (ident, name) in [
            ("request_start", "request_start"),
            ("request__start", "request-start"),
            ("a__b__c", "a-b-c"),
            ("_x", "_x"),
            ("a___b", "a-_b"),
        ] {
            assert_eq!(probe_from_ident(ident), name);
        }
    }

    #[test]
    fn dashes_are_spelled_as_underscores() {
        for (name, spelled) in
            [("request_start", "request_start"), ("request-start", "request__start"), ("a-b-c", "a__b__c")]
        {
            assert_eq!(probe_to_note(name), spelled);
            assert_eq!(probe_from_ident(spelled), name);
        }
    }

    #[test]
    fn names_are_checked() {
        assert_eq!(check_provider("orders"), Ok(()));
        assert_eq!(check_provider(""), Err(NameError::Empty));
        assert_eq!(check_provider("or-ders"), Err(NameError::BadChar('-')));
        assert_eq!(check_provider("1st"), Err(NameError::BadChar('1')));
        assert_eq!(check_provider("größe"), Err(NameError::BadChar('ö')));
        assert_eq!(check_provider(&"p".repeat(53)), Ok(()));
        assert_eq!(check_provider(&"p".repeat(54)), Err(NameError::TooLong { len: 54, max: 53 }));
        assert_eq!(check_probe("request-start"), Ok(()));
        assert_eq!(check_probe(&"p".repeat(63)), Ok(()));
        assert_eq!(check_probe(&"p".repeat(64)), Err(NameError::TooLong { len: 64, max: 63 }));
        assert_eq!(check_probe("a b"), Err(NameError::BadChar(' ')));
    }
}
