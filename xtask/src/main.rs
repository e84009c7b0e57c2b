//! Everything that the README and CI call.

mod bench;
mod ci;
mod cross;
mod demo;
mod fuzz;
mod licences;
mod marks;
mod npm;
mod run;
mod setup;
mod table;
mod test;
mod toolchain;
mod tracers;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo [--seconds N]          a service under traffic, and usdt watching it
  demo node [--seconds N]     the same with an LDAP server in JavaScript
  test [npm]                  set the machine up, then run all tests, or those of the npm package
  bench [--quick] [--write] [--only PARTS]
                              what a probe costs, beside the peers; --write puts it into docs/benchmarks.md
  bench node [--quick] [--write] [--all]
                              the same in JavaScript, with this machine's Node, or with all
  bench trace [--quick] [--write]
                              what it costs to be watched by usdt, beside bpftrace, and what gets lost
  bench recorder [--quick] [--write]
                              what it costs to keep the last firings in memory, beside bpftrace, and the memory
  fuzz [--seconds N]          each fuzz target for N seconds (60): DOF, notes and ELF files of strangers
  tracers [--write]           what bpftrace, DTrace, perf and gdb list, see and show of each kind of program, compared with
                              docs/tracers.md; --write puts it there
  ci                          what CI runs: formatting, lints, tests, docs, packaging
  npm-pack                    the npm package and its native parts, as tarballs in target/npm
  cross [--write]             type-check, link and inspect for systems that are not here; --write puts the result into
                              docs/platforms.md
  setup [tracing|toolbox|node]
                              the machine alone: tracers, newer tools in target/sid, Node in several versions";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        // What went wrong is for a person: a backtrace, which some environments ask for, would bury it.
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> anyhow::Result<()> {
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["demo", ..] => demo::run(&words[1..]),
        ["test"] => test::run(),
        ["test", "npm"] => npm::test(test::with_tracers()),
        ["bench", "trace", ..] => bench::trace::run(&words[2..]),
        ["bench", "recorder", ..] => bench::recorder::run(&words[2..]),
        ["bench", "node", ..] => bench::node::run(&words[2..]),
        ["bench", ..] => bench::run(&words[1..]),
        ["fuzz", ..] => fuzz::run(&words[1..]),
        ["tracers", ..] => tracers::run(&words[1..]),
        ["ci"] => ci::run(),
        ["cross", ..] => cross::run(&words[1..]),
        ["npm-pack"] => npm::pack(),
        ["setup", "tracing"] => setup::tracing(),
        ["setup", "toolbox"] => setup::toolbox().map(drop),
        ["setup", "node"] => setup::node(),
        ["setup"] => setup::all(),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => anyhow::bail!("{USAGE}"),
    }
}
