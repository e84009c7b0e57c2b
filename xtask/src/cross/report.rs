//! What was done for each system, as a table.

use super::build::{CHECKED, PROFILES};
use super::records::Places;
use super::system::System;
use crate::table::Table;

/// What was done for a system. Whatever failed was an error, so all of it went well.
pub(super) struct Outcome {
    pub(super) system: &'static System,
    /// The places in the program with each profile.
    pub(super) places: Vec<Places>,
    pub(super) addon: bool,
}

pub(super) fn markdown(outcomes: &[Outcome], tools: &str) -> String {
    format!("{}\nWith {tools}.\n", rows(outcomes).markdown())
}

pub(super) fn plain(outcomes: &[Outcome], tools: &str) -> String {
    format!("{}\nWith {tools}.\n", rows(outcomes).plain())
}

const NOTE: &str = "\
`cargo xtask cross` type-checks the crates for systems with DTrace and links a program with every kind of probe \
(`tests/cross`), without optimisation, with it, and with `lto = \"fat\"`. In each file it compares the probes with those of the \
source, and the instructions at every site with those that the kernels take. Nothing is run. \
Where there are three numbers, they are in this order; the site that the last build has not is of a probe that the program \
never fires.";

fn rows(outcomes: &[Outcome]) -> Table {
    Table {
        title: "Checked without the system",
        note: NOTE,
        head: vec![
            "target",
            "type-checked",
            "linked by",
            "sites",
            "is-enabled sites",
            "npm package's native part",
        ],
        rows: outcomes.iter().map(row).collect(),
    }
}

fn row(outcome: &Outcome) -> Vec<String> {
    let by_profile = |count: fn(&Places) -> usize| {
        let counts: Vec<String> = outcome.places.iter().map(|places| count(places).to_string()).collect();
        let same = counts.iter().all(|count| *count == counts[0]);
        if same { format!("{} in each of {}", counts[0], PROFILES.len()) } else { counts.join(", ") }
    };
    let whole = outcome.system.is_linked_whole();
    vec![
        format!("`{}`", outcome.system.target),
        format!("{} combinations", CHECKED.len()),
        if whole { "`zig cc`" } else { "lld, without the system's libraries" }.to_owned(),
        by_profile(|places| places.sites),
        by_profile(|places| places.enabled),
        if outcome.addon { "linked" } else { "type-checked" }.to_owned(),
    ]
}
