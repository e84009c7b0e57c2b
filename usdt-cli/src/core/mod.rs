//! `usdt core`: the last firings of a program, out of its core dump, or out of the program while it lives.
//!
//! `source` is what was named, with the recorders in it; `chosen` are the firings that are wanted; `summary` says what there is to
//! say besides. A firing is shown as `usdt watch` shows it.

mod args;
mod chosen;
mod source;
mod summary;

use std::process::ExitCode;

use anyhow::bail;
use usdt_trace::json::Clock;

pub(crate) use args::Args;
use chosen::Chosen;
use source::Source;

use crate::json;
use crate::output::Output;
use crate::terminal::say;
use crate::watch::line;

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let source = Source::open(&args.source)?;
    if source.recordings.is_empty() {
        bail!("{}", source.without_recorder());
    }
    let chosen = Chosen::of(&source.recordings, &source.name, args)?;
    let mut output = Output::open(args.output.as_deref())?;
    for (realtime, event) in &chosen.firings {
        let clock = Clock::of(*realtime);
        output.line(&match args.json {
            true => json::typed_event(event, &source.name, &clock),
            false => line(event, &source.name, &clock),
        })?;
    }
    if args.json {
        output.line(&summary::json(&source, &chosen))?;
    }
    output.flush()?;
    if !output.is_abandoned() {
        summary::lines(&source, &chosen).iter().for_each(|line| say(line));
    }
    Ok(ExitCode::SUCCESS)
}
