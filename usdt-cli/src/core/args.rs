//! The options of `usdt core`.

use std::path::PathBuf;

use super::source::Name;
use crate::condition::{self, Condition};
use crate::json;
use crate::select::Pattern;

/// Whose firings, which of them, and how they are shown.
#[derive(Debug, clap::Args)]
#[command(after_long_help = help())]
pub(crate) struct Args {
    /// A core dump, or the id of a process that runs
    #[arg(value_name = "CORE|PID")]
    pub(super) source: Name,

    /// Only these probes: `provider:probe`, or `probe`; * and ? stand for what may vary, as in `orders:*` and `request_*`
    #[arg(value_name = "PROBE")]
    pub(super) probes: Vec<Pattern>,

    /// Show at most so many, the last ones
    #[arg(short = 'n', long, value_name = "N", default_value = "100", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) max: u64,

    /// Show all that there are
    #[arg(short, long, conflicts_with = "max")]
    pub(super) all: bool,

    /// Only what meets this condition; given several times, all of them: 'status >= 500', 'path ~ "^/api"'
    #[arg(short = 'w', long = "where", value_name = "CONDITION")]
    pub(super) conditions: Vec<Condition>,

    /// One JSON object a line; the last one is the summary
    #[arg(long)]
    pub(super) json: bool,

    /// Write to this file, and not to standard output. A new file is private to its owner; one that is there is replaced
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

/// Lines of at most 78 columns: clap would break longer ones where the next terminal ends.
const HELP: &str = "\
Examples:
  usdt core ./core
      The last 100 firings before a crash.
  usdt core ./core -w 'id == 17' --all 'orders:*'
      All that is there of one order.
  usdt core 1234 -n 20
      What a process did last. It runs on meanwhile.
  usdt core ./core --all --json | jq .args.status
      For other programs.

How to get a core:
  ulimit -c unlimited       before the program is started; where the kernel
                            writes it: /proc/sys/kernel/core_pattern
  coredumpctl dump -o core  the last crash, where systemd keeps them
  gcore -o core 1234        of a process that runs, and runs on (part of gdb)

Recorder:
  There is something to show only if the program had started a recorder: it
  then keeps its last firings in its own memory. Neither the program's file
  nor its symbols are needed, and a core that was cut off is read as far as it
  goes. Lines are those of usdt watch. Standard error says how many firings
  there were, and what is missing.
  The exit code is 0, even if no firing is wanted; 1 if there is no recorder,
  or nothing can be read; 2 if the command line is wrong.";

/// What there is besides [`json::HELP`].
const JSON_HELP: &str = "\
  type is \"firing\"; the last object is the \"summary\": shown, matching, kept
  (in the recorder), firings (since it was started), dropped, unfinished,
  damaged, cut, and of a core pid, process and signal, null if not known.";

fn help() -> String {
    format!("{HELP}\n\n{}\n\n{}\n{JSON_HELP}", condition::HELP, json::HELP)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parse(args: &[&str]) -> Result<Args, clap::Error> {
        match Cli::try_parse_from(["usdt", "core"].iter().chain(args))?.command {
            Command::Core(args) => Ok(*args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_whole_command_line() {
        let args = parse(&["core", "a:*", "b", "-n", "7", "-w", "x > 1", "--json", "-o", "f"]).unwrap();
        assert_eq!((args.source, args.max, args.probes.len()), (Name::File("core".into()), 7, 2));
        assert_eq!(parse(&["17"]).unwrap().source, Name::Process(17));
        assert_eq!(parse(&["17"]).unwrap().max, 100);
        for mistake in [&[][..], &["core", "-n", "0"], &["core", "-n", "1", "--all"], &["core", "-w", "x ="]]
        {
            assert_eq!(parse(mistake).expect_err("a mistake").exit_code(), 2, "{mistake:?}");
        }
    }
}
