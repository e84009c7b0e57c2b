//! The options of `usdt watch`.

use anyhow::{Context, bail};
use usdt_trace::attach::Options;

use crate::condition::{self, Name};
use crate::json;
use crate::options::Watching;
use crate::printable::printable;
use crate::select::{Pattern, Target};

/// Which probes, which firings of them, and how they are shown.
#[derive(Debug, clap::Args)]
#[command(after_long_help = help())]
pub(crate) struct Args {
    /// A process id; the name of processes; the path of a program or a library, for every process that runs it, now or later;
    /// or `all`
    pub(super) target: Target,

    /// Which probes: `provider:probe`, or `probe`; * and ? stand for what may vary, as in `orders:*` and `request_*`
    #[arg(value_name = "PROBE", required = true)]
    pub(super) probes: Vec<Pattern>,

    /// Count the firings of each probe, and show no lines; on a terminal, the counts so far
    #[arg(short, long)]
    pub(super) count: bool,

    /// Count by the value of this argument, too (or by pid, tid, comm)
    #[arg(long, value_name = "ARG", requires = "count")]
    pub(super) by: Option<Name>,

    /// Show below each firing where the program was: its functions, the innermost first, as far as frame pointers lead. Node
    /// names functions of JavaScript if it was started with --perf-basic-prof
    #[arg(long, conflicts_with = "count")]
    pub(super) stack: bool,

    /// Say nothing but the firings, and what was lost
    #[arg(short, long)]
    pub(super) quiet: bool,

    #[command(flatten)]
    pub(super) watching: Watching,
}

/// Lines of at most 78 columns: clap would break longer ones where the next terminal ends.
const HELP: &str = "\
Examples:
  usdt watch 1234 'orders:*'
      What a process does.
  usdt watch ./shop request_start -w 'path ~ \"^/api\"' -- ./shop --port 8080
      A program from its first moment on.
  usdt watch shop request_done -w 'status >= 500' --for 1m
      The failures of a minute, in all processes of a name.
  usdt watch shop request_done --count --by status
      How many answers there were of each status.
  usdt watch /usr/bin/python3 function__entry --str arg0 --str arg1 -n 10
      C programs don't say which arguments are text.
  usdt watch shop request_done --json | jq .args.status
      For other programs.

Lines:
  18:04:05.123456 shop[1234/1240] orders:request_start id=17 path=\"/api\"
  The time of day, the process and its id (and the thread's, if it is another
  one), the probe, and its arguments. Text that is longer than what was read
  has a … behind it. A ~ says that a value was read a moment after the firing,
  from the memory of the process, and may have changed since; if the process
  has ended by then, it can't be read. At the end, standard error says how many
  firings there were, and how many were lost because too many came at once.

Stacks:
  --stack shows the functions that led to a firing, a line each:
      sell+0x1c (/srv/shop)
      handle /srv/shop.js:7:14
  They are found by frame pointers. A function that was compiled without them
  hides its caller, or all that is further out; for Rust there is
  -Cforce-frame-pointers=yes, for C -fno-omit-frame-pointer. Names are those of
  symbol tables, and of /tmp/perf-PID.map as the process sees it, which Node
  writes with --perf-basic-prof (NODE_OPTIONS takes it as well). Functions that
  Node interprets, as it does until they were called often, are all named
  Builtins_InterpreterEntryTrampoline, unless it has
  --interpreted-frames-native-stack, too. Of a process that has ended before it
  was looked at, only functions in the probe's own file are named.

Ending:
  Ctrl-C ends it, and so do --max, --for, and the end of the process whose id
  was given. With CMD, Ctrl-C reaches CMD as well, and usdt watches until CMD
  has ended. What ends earlier, by --max or --for, leaves CMD alone and waits
  for it. SIGTERM is passed on to CMD.
  The exit code is that of CMD (128 and the signal's number if it was killed,
  127 if it is not there, 126 if it can't be run), else 0; 1 if nothing could
  be watched, 2 if the command line is wrong. Lost firings don't change it.";

/// What there is besides [`json::HELP`].
const JSON_HELP: &str = "  type is \"firing\"; the last object is the \"summary\": firings (seen: before
  conditions), seconds, counts of each probe (and value, by), and lost. With
  --stack a firing has a stack, the innermost function first: address, symbol,
  offset (from where the function begins; without a symbol, the address in the
  file) and file, null if not known.";

fn help() -> String {
    format!("{HELP}\n\n{}\n\n{}\n{JSON_HELP}", condition::HELP, json::HELP)
}

impl Args {
    /// A file that is not there will not come: the kernel must find it to attach to it.
    pub(super) fn check_target(&self) -> anyhow::Result<()> {
        let Target::File(path) = &self.target else { return Ok(()) };
        let name = path.to_string_lossy();
        let metadata =
            std::fs::metadata(path).with_context(|| format!("can't watch {}", printable(&name)))?;
        if metadata.is_dir() {
            bail!("can't watch {}: it is a directory", printable(&name));
        }
        Ok(())
    }

    /// How much is read with each firing.
    pub(super) fn options(&self) -> Options {
        Options { frames: self.stack, ..self.watching.options() }
    }

    /// Whether the kernel can count alone: nobody wants to know what the firings carry, or when there were enough.
    pub(super) fn is_for_kernel(&self) -> bool {
        let Watching { max, conditions, .. } = &self.watching;
        self.count && self.by.is_none() && max.is_none() && conditions.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::{Cli, Command};

    fn parse(args: &[&str]) -> Result<Args, clap::Error> {
        let cli = Cli::try_parse_from(["usdt", "watch"].iter().chain(args))?;
        match cli.command {
            Command::Watch(args) => Ok(*args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_whole_command_line() {
        let args = parse(&[
            "./shop",
            "orders:*",
            "request-done",
            "-w",
            "status >= 500",
            "-w",
            "id < 9",
            "-n",
            "3",
            "--for",
            "1m30s",
            "--str",
            "arg0",
            "--text",
            "1K",
            "--stack",
            "--stack-bytes",
            "512",
            "--buffer",
            "1M",
            "--",
            "./shop",
            "-n",
            "8",
        ])
        .unwrap();
        assert_eq!(args.target, Target::File("./shop".into()));
        let watching = &args.watching;
        assert_eq!((args.probes.len(), watching.conditions.len()), (2, 2));
        assert_eq!((watching.max, watching.time), (Some(3), Some(Duration::from_secs(90))));
        assert_eq!(watching.command, ["./shop", "-n", "8"]);
        let options = args.options();
        assert_eq!((options.text, options.stack, options.buffer), (1024, Some(512), 1 << 20));
        assert_eq!(options.texts, ["arg0"]);
        assert!(options.frames);
    }

    #[test]
    fn what_the_kernel_can_count() {
        let is_for_kernel = |args: &[&str]| parse(&[&["1", "a:b"], args].concat()).unwrap().is_for_kernel();
        assert!(is_for_kernel(&["--count"]) && is_for_kernel(&["-c", "--for", "1s", "--json"]));
        for args in [&["-n", "1"][..], &["-c", "-n", "1"], &["-c", "--by", "x"], &["-c", "-w", "x == 1"]] {
            assert!(!is_for_kernel(args), "{args:?}");
        }
    }

    #[test]
    fn mistakes() {
        for args in [
            &["1"][..],
            &["1", "a:b", "--by", "x"],
            &["1", "a:b", "-n", "0"],
            &["1", "a:b", "--for", "10"],
            &["1", "a:b", "-w", "x ="],
            &["1", "a:b", "--stack-bytes", "65535"],
            &["1", "a:b", "--text", "x"],
        ] {
            assert_eq!(parse(args).expect_err("a mistake").exit_code(), 2, "{args:?}");
        }
    }

    #[test]
    fn a_file_must_be_there() {
        let problem = |target| format!("{:#}", parse(&[target, "x"]).unwrap().check_target().unwrap_err());
        assert_eq!(problem("./nowhere"), "can't watch ./nowhere: No such file or directory (os error 2)");
        assert_eq!(problem("/usr/"), "can't watch /usr/: it is a directory");
    }
}
