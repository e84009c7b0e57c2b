//! Options of every command that watches: which firings, for how long, what is read of them, and where it is shown.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use usdt_trace::attach::Options;

use crate::arguments::{duration, size};
use crate::condition::{Condition, Name};

/// What `watch` and `latency` have in common.
#[derive(Debug, clap::Args)]
pub(crate) struct Watching {
    /// Only what meets this condition; given several times, all of them: 'status >= 500', 'path ~ "^/api"'
    #[arg(short = 'w', long = "where", value_name = "CONDITION")]
    pub(crate) conditions: Vec<Condition>,

    /// End after so many that meet the conditions
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max: Option<u64>,

    /// End after this time: 10s, 5ms, 1m30s
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    pub(crate) time: Option<Duration>,

    /// One JSON object a line; the last one is the summary
    #[arg(long)]
    pub(crate) json: bool,

    /// Write to this file, and not to standard output, which CMD may write to as well. A new file is private to its owner; one
    /// that is there is replaced
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// The address of text: an argument of a probe that doesn't say so itself, as those of C programs; arg0 is the first
    #[arg(long = "str", value_name = "ARG")]
    pub(crate) texts: Vec<String>,

    /// The most bytes that are read of a text
    #[arg(long, value_name = "BYTES", default_value = "4096", value_parser = size)]
    text: usize,

    /// Bytes of the stack that are copied with each firing, at most 65528: text that lies in them is exact, at the price of a
    /// slower firing [default: as many as the probe's arguments need]
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u16).range(..=65528))]
    stack_bytes: Option<u16>,

    /// Memory for each processor, in bytes, where firings wait until they are read; more of it loses fewer when many come at
    /// once
    #[arg(long, value_name = "BYTES", default_value = "8M", value_parser = size)]
    buffer: usize,

    /// A program to start once the probes are watched, and its arguments. When it ends, so does usdt, with its exit code
    #[arg(last = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}

impl Watching {
    /// How much is read with each firing.
    pub(crate) fn options(&self) -> Options {
        let Watching { stack_bytes: stack, buffer, text, .. } = *self;
        Options { stack, buffer, text, texts: self.texts.clone(), frames: false }
    }

    /// The names of arguments in `--str`, and those in `--by`, with the option that they stand in.
    pub(crate) fn names(&self, by: Option<&Name>) -> impl Iterator<Item = (&'static str, Name)> {
        let texts = self.texts.iter().map(|text| ("--str", Name::Argument(text.clone())));
        texts.chain(by.map(|by| ("--by", by.clone())))
    }
}
