//! `usdt script`: a script for another tracer, with the probes' names, types and docs in it.
//!
//! For those who have a tracer at hand that can do more with a firing than print it, and don't want to look up which argument
//! is which. What is printed runs as it is.

mod bpftrace;
mod dtrace;
mod find;
mod latency;
mod perf;
#[cfg(test)]
mod sample;
mod source;
mod values;
mod words;

use std::io::Write as _;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::error::ErrorKind;

use self::source::Source;
use crate::select::{Pattern, Target};

/// What `usdt script --help` ends with.
const EXAMPLES: &str = "\
Examples:
  usdt script bpftrace ./server 'orders:request*' > orders.bt && sudo bpftrace orders.bt
  usdt script bpftrace ./server request_start request_done --latency --key id > latency.bt
  usdt script dtrace 1234 > orders.d && sudo dtrace -qs orders.d -p 1234
  usdt script perf ./server orders:request_start > orders.sh && sudo sh orders.sh";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The tracer that is to run it.
    tracer: Tracer,
    /// A file, the number of a process, or the name of a program.
    target: Target,
    /// Which probes: `provider:probe` or `probe`, with `*`, `?` and `[…]`; all of them if none is given.
    #[arg(value_name = "PROBE")]
    probes: Vec<Pattern>,
    /// Time what happens from the first of two probes to the second (bpftrace alone).
    #[arg(long)]
    latency: bool,
    /// An argument that is the same in both, or FIRST=SECOND; without it, a thread does one thing after the other.
    #[arg(long, value_name = "ARG", requires = "latency")]
    key: Option<String>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Tracer {
    Bpftrace,
    Dtrace,
    Perf,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let source = find::source(&args.target, &args.probes)?;
    let text = match args.tracer {
        _ if args.latency => latency(args, &source)?,
        Tracer::Bpftrace => bpftrace::script(&source)?,
        Tracer::Dtrace => dtrace::script(&source),
        Tracer::Perf => perf::script(&source)?,
    };
    std::io::stdout().write_all(text.as_bytes())?;
    if source.refused > 0 {
        anstream::eprintln!("usdt: left out {} whose names can't stand in a script", source.refused);
    }
    Ok(ExitCode::SUCCESS)
}

fn latency(args: &Args, source: &Source) -> anyhow::Result<String> {
    let (Tracer::Bpftrace, [start, done]) = (args.tracer, args.probes.as_slice()) else {
        let message = "--latency is for bpftrace, and for two probes";
        crate::cli::Cli::command().error(ErrorKind::ArgumentConflict, message).exit();
    };
    let (start, done) = (latency::only(source, start)?, latency::only(source, done)?);
    latency::script(&start, &done, args.key.as_deref(), source)
}
