//! What is wrong with a condition, and where.

use std::fmt;
use std::ops::Range;

use crate::printable::printable;

/// What is wrong, and which bytes of the condition it is about.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) place: Range<usize>,
}

impl Problem {
    pub(super) fn new(place: Range<usize>, message: impl Into<String>) -> Problem {
        Problem { message: message.into(), place }
    }

    /// The error that a user sees.
    pub(super) fn of(self, text: &str) -> ConditionError {
        let columns = |bytes: Range<usize>| text.get(bytes).map_or(1, |part| part.chars().count());
        ConditionError {
            column: columns(0..self.place.start),
            width: columns(self.place.clone()).max(1),
            text: text.to_owned(),
            message: self.message,
        }
    }
}

/// What is wrong with a condition: the message, the condition, and a mark below the place.
#[derive(Debug)]
pub(crate) struct ConditionError {
    message: String,
    text: String,
    /// How many characters are before the place.
    column: usize,
    /// How many characters it has.
    width: usize,
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One column a character, so that the mark is where it belongs.
        let text: String = self.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        // It may have names of arguments in it, which a file may spell as it likes.
        writeln!(f, "{}", printable(&self.message))?;
        writeln!(f, "  {}", printable(&text))?;
        write!(f, "  {:column$}{}", "", "^".repeat(self.width), column = self.column)
    }
}

impl std::error::Error for ConditionError {}
