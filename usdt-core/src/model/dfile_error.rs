//! A mistake in a D file, as data: a program that names this error doesn't need what reads such files.

use std::fmt;

/// What is wrong with a D file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DFileError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl fmt::Display for DFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for DFileError {}
