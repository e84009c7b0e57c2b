//! Why a "no" is one, and what to do instead: the only part of the tables that is not measured.

use anyhow::{Result, ensure};
use testkit::watch::Tracer;

use super::answer::{Column, Measured, Place};
use super::kinds::{ARGUMENTS, BOTH, BYTES, I8, I16, JSON, TEXT, TWELVE};
use super::subjects::{AFTER, BEFORE, BY_COMMAND, LISTS_FILE, LISTS_PROCESS, NODE, RUNTIME};

/// Why some tracers answer some questions with less than "yes".
pub(super) struct Reason {
    /// The tracers; of one place, or of all where they are.
    who: &'static [(Tracer, Option<Place>)],
    /// The titles of tables; none stands for all.
    sections: &'static [&'static str],
    rows: &'static [&'static str],
    pub(super) text: &'static str,
}

const DTRACE: (Tracer, Option<Place>) = (Tracer::DTrace, None);
const PERF: (Tracer, Option<Place>) = (Tracer::Perf, None);
const GDB: (Tracer, Option<Place>) = (Tracer::Gdb, None);
/// Debian 12's, where the page was written.
const OLD_BPFTRACE: (Tracer, Option<Place>) = (Tracer::Bpftrace, Some(Place::Machine));

pub(super) const REASONS: &[Reason] = &[
    Reason {
        who: &[DTRACE],
        sections: &[],
        rows: &[LISTS_FILE, BEFORE, AFTER, BOTH],
        text: "DTrace finds these probes in a process that it is told of, under a provider that is named with its number: \
               give `-p PID` or `-c PROGRAM`, and write `$target` behind the provider. For several processes start it once \
               for each.",
    },
    Reason {
        who: &[PERF],
        sections: &[],
        rows: &[LISTS_PROCESS],
        text: "`perf list` is not asked for a process. `/proc/PID/maps` names its files: \
               `perf buildid-cache --add FILE`, then `perf list sdt`.",
    },
    Reason {
        who: &[GDB],
        sections: &[],
        rows: &[BEFORE, AFTER, BOTH],
        text: "gdb debugs a process, not a file: `gdb -p PID` or `gdb --args PROGRAM`, one gdb for each process.",
    },
    Reason {
        who: &[OLD_BPFTRACE],
        sections: &[RUNTIME, NODE],
        rows: &[BY_COMMAND],
        text: "With `-c`, bpftrace 0.17 looks for the file in the process that it starts, which has not yet mapped it. Attach by \
               path, without `-c`, then start the program.",
    },
    Reason {
        who: &[DTRACE, GDB],
        sections: &[RUNTIME, NODE],
        rows: &[BY_COMMAND],
        text: "The probes are not there when the program starts: it defines them later, and then nobody tells the tracer. \
               Attach with `-p PID` once the program runs.",
    },
    Reason {
        who: &[PERF],
        sections: &[ARGUMENTS],
        rows: &[I8, I16],
        text: "perf shows signed numbers of 8 and 16 bits without their sign: -100 in an `i8` is 156.",
    },
    Reason {
        who: &[PERF],
        sections: &[ARGUMENTS],
        rows: &[TEXT, BYTES, JSON],
        text: "perf records the operands, which are the address (and for bytes the length), and not what is there. Take one of \
               the others.",
    },
    Reason {
        who: &[OLD_BPFTRACE],
        sections: &[ARGUMENTS],
        rows: &[TWELVE],
        text: "bpftrace 0.17 has no more than `arg0` to `arg5`. Put what matters first, or take a newer one.",
    },
    Reason {
        who: &[DTRACE],
        sections: &[ARGUMENTS],
        rows: &[TWELVE],
        text: "DTrace has no more than `arg0` to `arg9`.",
    },
];

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

#[cfg(test)]
mod tests {
    use testkit::tools::Tools;

    use super::*;
    use crate::tracers::answer::{Answer, Section};

    const REASON: Reason = Reason { who: &[GDB], sections: &[], rows: &["lists"], text: "it is so" };

    fn measured(answer: Answer) -> Measured {
        let (tracer, place, tools) = (Tracer::Gdb, Place::Machine, Tools::Machine);
        let rows = vec![("lists", vec![answer])];
        Measured {
            columns: vec![Column { tracer, place, version: "1.0".to_owned(), tools }],
            sections: vec![Section { title: "A program", note: "", rows }],
            typed: Vec::new(),
            versions: Vec::new(),
        }
    }

    #[test]
    fn what_works_has_no_reason_and_what_does_not_has_one() {
        for answer in [Answer::Yes, Answer::Of(12, 12)] {
            assert!(mistakes(&measured(answer), &[]).is_empty());
            assert!(mistakes(&measured(answer), &[REASON])[0].contains("works"));
        }
        for answer in [Answer::No, Answer::Of(6, 12)] {
            assert!(mistakes(&measured(answer), &[REASON]).is_empty());
            assert!(mistakes(&measured(answer), &[])[0].contains("no reason"));
            assert!(mistakes(&measured(answer), &[REASON, REASON])[0].contains("several"));
        }
    }
}
