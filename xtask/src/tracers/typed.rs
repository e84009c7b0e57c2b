//! What a person types: the very words that the suite starts a tracer with, with names in the place of what differs from
//! machine to machine. Only what worked with the Rust service is shown.

use std::path::Path;

use anyhow::Result;
use testkit::target::{Launch, Target};
use testkit::watch::Tracer;

use super::answer::{Answer, Column, Section};
use super::subjects::{AFTER, BY_COMMAND, BY_PID, LISTS_FILE, LISTS_PROCESS, Subject};

/// What stands for the number of a process; no process has it.
const PID: u32 = u32::MAX;

/// A block a tracer: how it lists, and how it attaches in each way. `section` is the table of `service`.
pub(super) fn blocks(
    columns: &[Column],
    service: &Subject,
    section: &Section,
) -> Result<Vec<(Tracer, String)>> {
    let mut blocks: Vec<(Tracer, String)> = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        if blocks.iter().all(|(tracer, _)| *tracer != column.tracer) {
            let works = |row: &str| {
                section.rows.iter().any(|(title, answers)| *title == row && answers[at] == Answer::Yes)
            };
            blocks.push((column.tracer, block(column, service, works)?));
        }
    }
    Ok(blocks)
}

fn block(column: &Column, service: &Subject, works: impl Fn(&str) -> bool) -> Result<String> {
    let launch =
        Launch { program: "PROGRAM".into(), arguments: vec!["ARGUMENTS".to_owned()], env: Vec::new() };
    let probes = [service.probe_in(Path::new("FILE"))];
    let ways = [
        (LISTS_FILE, "the probes of a file", Target::File),
        (LISTS_PROCESS, "the probes of a process", Target::Process(PID)),
        (AFTER, "watch every process of a file", Target::File),
        (BY_PID, "watch one process", Target::Process(PID)),
        (BY_COMMAND, "start a program and watch it", Target::Command(&launch)),
    ];
    let mut lines = Vec::new();
    for (row, title, target) in ways.into_iter().filter(|(row, ..)| works(row)) {
        let watch = service.watch(column, target, &probes);
        let lists = [LISTS_FILE, LISTS_PROCESS].contains(&row);
        let line = if lists { watch.typed_list() } else { watch.typed()? };
        lines.push(format!("# {title}\n{}", line.replace(&PID.to_string(), "PID")));
    }
    Ok(lines.join("\n"))
}
