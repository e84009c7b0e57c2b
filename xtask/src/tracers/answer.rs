//! What is asked, of whom, and what came out.

use testkit::tools::Tools;
use testkit::watch::Tracer;

/// Where a tracer is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Machine,
    Toolbox,
}

/// A tracer that is asked: a column of every table.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) tracer: Tracer,
    pub(super) place: Place,
    pub(super) version: String,
    pub(super) tools: Tools,
}

impl Column {
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.tracer.name(), self.version)
    }
}

/// The cell of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    /// So many of so many.
    Of(usize, usize),
}

impl Answer {
    pub(super) fn whether(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }

    /// Whether nothing is missing.
    pub(super) fn is_full(self) -> bool {
        match self {
            Self::Yes => true,
            Self::No => false,
            Self::Of(shown, all) => shown == all,
        }
    }

    pub(super) fn text(self) -> String {
        match self {
            Self::Yes => "yes".to_owned(),
            Self::No => "no".to_owned(),
            Self::Of(shown, all) => format!("{shown} of {all}"),
        }
    }
}

/// A table: a row for each question, with an answer of each column.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) title: &'static str,
    /// What a reader has to know to read it.
    pub(super) note: &'static str,
    pub(super) rows: Vec<(&'static str, Vec<Answer>)>,
}

/// All that came out.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    pub(super) columns: Vec<Column>,
    pub(super) sections: Vec<Section>,
    /// What a person types, a block of lines a tracer.
    pub(super) typed: Vec<(Tracer, String)>,
    /// What else the page names the versions of.
    pub(super) versions: Vec<(&'static str, String)>,
}

impl Measured {
    /// Every cell: its column, the title of its table, its row, and the answer.
    pub(super) fn cells(&self) -> impl Iterator<Item = (&Column, &'static str, &'static str, Answer)> {
        self.sections.iter().flat_map(move |section| {
            section.rows.iter().flat_map(move |(row, answers)| {
                let cells = self.columns.iter().zip(answers);
                cells.map(move |(column, answer)| (column, section.title, *row, *answer))
            })
        })
    }
}
