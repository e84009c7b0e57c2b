//! Why a "no" is one, and what to do instead: the only part of the tables that is not measured.

use anyhow::{Result, ensure};
use testkit::watch::Tracer;

use super::answer::{Column, Measured, Place};

/// Why some tracers answer some questions with less than "yes".
pub(super) struct Reason {
    /// The tracers; of one place, or of all where they are.
    who: &'static [(Tracer, Option<Place>)],
    /// The titles of tables; none stands for all.
    sections: &'static [&'static str],
    rows: &'static [&'static str],
    pub(super) text: &'static str,
}

pub(super) const REASONS: &[Reason] = &[];

impl Reason {
    fn is_about(&self, column: &Column, section: &str, row: &str) -> bool {
        let place = |place: Option<Place>| place.is_none_or(|place| place == column.place);
        self.who.iter().any(|(tracer, of)| *tracer == column.tracer && place(*of))
            && (self.sections.is_empty() || self.sections.contains(&section))
            && self.rows.contains(&row)
    }
}

/// The reason for a cell.
pub(super) fn find(column: &Column, section: &str, row: &str) -> Option<&'static Reason> {
    REASONS.iter().find(|reason| reason.is_about(column, section, row))
}

/// Every "no" has a reason, and every reason is for a "no".
pub(super) fn check(measured: &Measured) -> Result<()> {
    let wrong = mistakes(measured, REASONS);
    ensure!(wrong.is_empty(), "the reasons in xtask/src/tracers/reasons.rs are wrong:\n{}", wrong.join("\n"));
    Ok(())
}

fn mistakes(measured: &Measured, reasons: &[Reason]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (column, section, row, answer) in measured.cells() {
        let reasons = reasons.iter().filter(|reason| reason.is_about(column, section, row)).count();
        let what = match (answer.is_full(), reasons) {
            (true, 0) | (false, 1) => continue,
            (true, _) => "works, and there is a reason why it doesn't",
            (false, 0) => "has no reason",
            (false, _) => "has several reasons",
        };
        wrong.push(format!("  {}: {section}: {row}: {}: {what}", column.title(), answer.text()));
    }
    wrong
}
