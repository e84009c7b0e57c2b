//! `usdt list`: the probes of files and processes.
//!
//! `group` brings what was found into the order in which it is shown; `text` shows it to people, `json` to programs.

mod group;
mod json;
mod text;

use std::process::ExitCode;

use anyhow::bail;
use usdt_trace::find::Finder;

use crate::select::{Found, Pattern, Target};
use crate::terminal::Screen;

/// What `--help` says besides the options.
const HELP: &str = "\
Examples:
  usdt list ./service
  usdt list /usr/bin/python3 -p 'gc-*'
  usdt list 1234
  usdt list --json all | jq -r 'select(.watchers > 0) | \"\\(.pid) \\(.provider):\\(.probe)\"'

JSON: each line is an object, for each probe of each file or process:
  provider, probe, doc   texts; the probe as its note spells it, with `__` where DTrace shows `-`
  args                   [{name, type}]
  file, build_id         where it is
  sites                  [{address, offset, semaphore, operands}]; numbers, semaphore may be null
  pid, process, program  of a process; null for a file
  bias                   what addresses are moved by in the process; null for a file
  watchers               how many tracers watch it in the process; null if that isn't known
  recorded               whether the program's own recorder keeps its firings, for `usdt core`; null as watchers";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// Files, processes (by id or name), or `all`, which is also meant if there are none
    #[arg(value_name = "TARGET")]
    targets: Vec<Target>,
    /// Only the probes that are called so: `provider:probe` or `probe`, with `*`, `?` and `[…]`; may be given again
    #[arg(short, long = "probe", value_name = "PATTERN")]
    patterns: Vec<Pattern>,
    /// Say where each site is, too
    #[arg(short, long)]
    long: bool,
    /// Write a line of JSON for each probe
    #[arg(long, conflicts_with = "long")]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut screen = Screen::new();
    let mut finder = Finder::new();
    let everything = [Target::Everything];
    let targets = if args.targets.is_empty() { &everything[..] } else { &args.targets };
    let mut missing = Vec::new();
    let mut groups = Vec::new();
    for target in targets {
        let found = match target.find(&mut finder) {
            Ok(found) => found,
            Err(error) => {
                missing.push(format!("{error:#}"));
                continue;
            }
        };
        // They don't keep the rest from being shown, so they are no failure.
        problems(target, &found).iter().for_each(|line| anstream::eprintln!("usdt: {line}"));
        let of_target = group::groups(target, found, &args.patterns);
        if of_target.is_empty() {
            missing.push(nothing(target, &args.patterns));
        }
        groups.extend(of_target);
    }
    let lines = if args.json {
        groups.iter().flat_map(json::lines).collect()
    } else {
        text::lines(&groups, args.long, screen.width())
    };
    lines.iter().try_for_each(|line| screen.line(line))?;
    screen.flush()?;
    match missing.split_last() {
        None => Ok(ExitCode::SUCCESS),
        Some((last, others)) => {
            others.iter().for_each(|line| anstream::eprintln!("usdt: {line}"));
            bail!("{last}")
        }
    }
}

/// Files of a process that somebody asked for by name and that could not be read.
fn problems(target: &Target, found: &Found) -> Vec<String> {
    match (target, found) {
        (Target::Everything, _) | (_, Found::File(..)) => Vec::new(),
        (_, Found::Processes(processes)) => {
            processes.iter().flat_map(|process| &process.problems).map(ToString::to_string).collect()
        }
    }
}

fn nothing(target: &Target, patterns: &[Pattern]) -> String {
    let has = if *target == Target::Everything { "has a probe" } else { "has no probe" };
    match patterns {
        [] => format!("{target} {has}"),
        _ => {
            let patterns: Vec<&str> = patterns.iter().map(Pattern::as_str).collect();
            format!("{target} {has} that is called {}", patterns.join(" or "))
        }
    }
}
