//! Everything that the README and CI call.

mod demo;
mod setup;

use std::process::ExitCode;

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
        _ => anyhow::bail!("usage: cargo xtask demo [--seconds N]"),
    }
}
