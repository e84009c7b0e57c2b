//! `usdt`: walk up to a process and ask it.
//!
//! A sub-command is a module: its arguments, and `run`. What they say is made by functions of data, and written by `main`'s
//! output alone, so that tests can compare it.

mod arguments;
mod child;
mod cli;
mod condition;
mod core;
mod doctor;
mod ending;
mod exit;
mod follow;
mod interrupt;
mod json;
mod latency;
mod list;
mod named;
mod node;
mod options;
mod output;
mod picture;
mod printable;
mod processes;
#[cfg(test)]
mod sample;
mod script;
mod select;
mod shell;
mod terminal;
mod watch;
mod width;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let result = match cli::Cli::parse().command {
        cli::Command::List(args) => list::run(&args),
        cli::Command::Watch(args) => watch::run(&args),
        cli::Command::Latency(args) => latency::run(&args),
        cli::Command::Core(args) => core::run(&args),
        cli::Command::Script(args) => script::run(&args),
        cli::Command::Doctor(args) => doctor::run(&args),
        cli::Command::Node(args) => node::run(&args),
        cli::Command::Completions(args) => shell::completions(&args),
        cli::Command::Man(args) => shell::man(&args),
    };
    exit::code(result)
}
