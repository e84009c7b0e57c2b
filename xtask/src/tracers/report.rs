//! What was measured as text: for a terminal, and for the page.

use super::answer::{Answer, Column, Measured, Place, Section};
use super::reasons;
use crate::table::Table;

/// For a terminal.
pub(super) fn plain(measured: &Measured) -> String {
    measured.sections.iter().map(|section| table(measured, section).0.plain()).collect()
}

/// The part of the page that is the same with other versions: tables, reasons, and what to type.
pub(super) fn tables(measured: &Measured) -> String {
    let section = |section: &Section| {
        let (table, reasons) = table(measured, section);
        let reasons = reasons.iter().enumerate().map(|(at, text)| format!("{}. {text}\n", at + 1));
        format!("{}\n{}\n", table.markdown(), reasons.collect::<String>())
    };
    let blocks = measured
        .typed
        .iter()
        .map(|(tracer, block)| format!("### {}\n\n```sh\n{block}\n```\n", tracer.name()));
    let sections: String = measured.sections.iter().map(section).collect();
    let typed = blocks.collect::<Vec<_>>().join("\n");
    format!("{}\n\n## What to type\n\n{typed}", sections.trim_end())
}

/// The part of the page that says what ran.
pub(super) fn versions(measured: &Measured) -> String {
    let place = |column: &Column| match column.place {
        Place::Machine => "the machine's own",
        Place::Toolbox => "Debian sid's",
    };
    let tracers =
        measured.columns.iter().map(|column| (column.tracer.name(), column.version.clone(), place(column)));
    let others = measured.versions.iter().map(|(name, version)| (*name, version.clone(), ""));
    let row = |(name, version, place): (&str, String, &str)| format!("| {name} | {version} | {place} |\n");
    let rows: String = tracers.chain(others).map(row).collect();
    format!("| | version | |\n|---|---|---|\n{rows}")
}

/// The table of a section, and the reasons that its cells name by number.
fn table(measured: &Measured, section: &Section) -> (Table<String>, Vec<&'static str>) {
    let mut texts: Vec<&'static str> = Vec::new();
    let mut rows = Vec::new();
    for (title, answers) in &section.rows {
        let mut row = vec![(*title).to_owned()];
        for (column, answer) in measured.columns.iter().zip(answers) {
            row.push(cell(column, section.title, title, *answer, &mut texts));
        }
        rows.push(row);
    }
    let columns = measured.columns.iter().map(Column::title);
    let head = std::iter::once(String::new()).chain(columns).collect();
    (Table { title: section.title, note: section.note, head, rows }, texts)
}

fn cell(column: &Column, section: &str, row: &str, answer: Answer, texts: &mut Vec<&'static str>) -> String {
    if answer.is_full() {
        return answer.text();
    }
    let Some(reason) = reasons::find(column, section, row) else { return answer.text() };
    let known = texts.iter().position(|text| *text == reason.text);
    let at = known.unwrap_or_else(|| {
        texts.push(reason.text);
        texts.len() - 1
    });
    format!("{} ({})", answer.text(), at + 1)
}
