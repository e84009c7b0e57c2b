//! `--where`: conditions that a firing must meet, such as `status >= 500 && path ~ "^/api"`.
//!
//! A condition goes one way: text → [`lexer`] → [`parser`] → [`expression`] → [`check`], once the watched probes are known →
//! [`evaluate`], with every firing. What is wrong with it is said before anything is watched, with a mark below the place.
//!
//! Whether a firing meets a condition may be unknown: its probe has no such argument, the value could not be read, or it is of
//! another type than what it is compared with. What is unknown is neither true nor false; only what is true matches. So
//! `!(status == 500)` doesn't match the firings that have no `status`.

mod check;
mod comparable;
mod error;
mod evaluate;
mod expression;
mod lexer;
mod name;
mod parser;

use std::str::FromStr;
use std::sync::Arc;

use usdt_trace::{Event, Probe};

pub(crate) use error::ConditionError;
pub(crate) use name::{Name, position};

/// The language, for the help of each command that has the option.
pub(crate) const HELP: &str = "\
Conditions:
  Names     an argument of the probe, or pid, tid, comm (the name of the
            process), probe, provider. arg0, arg1, … are the arguments in
            their order, whatever they are called.
  Values    500  0x1f4  1_000  -1  2.5  \"text\"  'text'  true  false  none
            Times are compared with times: 5ms  1.5s  250us  1m30s
  Compare   ==  !=  <  <=  >  >=
            ~ and !~ compare text with a regular expression
  Combine   &&  ||  !(…)  (…)     a bool can stand alone: cached && !stale
  A firing whose probe has no argument of that name doesn't match.";

/// A condition, as it was written and understood.
///
/// It is made by parsing (clap does that), [checked](Condition::check) against the probes that are watched, and then asked
/// about each firing.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    text: String,
    expression: expression::Expression,
}

impl Condition {
    /// Whether it can be met by firings of these probes: its names are there, and it compares what can be compared. `texts` are
    /// the arguments without a known type that are read as text (`--str`).
    ///
    /// # Errors
    ///
    /// If no probe has an argument that it names, or every probe that has it has another type.
    pub(crate) fn check(&self, probes: &[Arc<Probe>], texts: &[String]) -> Result<(), ConditionError> {
        check::check(&self.expression, probes, texts).map_err(|problem| problem.of(&self.text))
    }

    /// Whether a firing meets it. `comm` is the name of its process.
    pub(crate) fn matches(&self, event: &Event, comm: &str) -> bool {
        evaluate::truth(&self.expression, evaluate::Firing { event, comm }) == Some(true)
    }
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Condition, ConditionError> {
        let expression = lexer::lex(text)
            .and_then(|tokens| parser::parse(tokens, text.len()))
            .map_err(|problem| problem.of(text))?;
        Ok(Condition { text: text.to_owned(), expression })
    }
}

#[cfg(test)]
mod tests;
