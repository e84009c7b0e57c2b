//! The command line.

use clap::{Parser, Subcommand};

/// See, watch and time the probes of programs.
#[derive(Debug, Parser)]
#[command(name = "usdt", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the probes of a program, a process, or all processes.
    List(crate::list::Args),
    /// Show firings as they happen.
    Watch(Box<crate::watch::Args>),
    /// Time what happens between two probes.
    Latency(Box<crate::latency::Args>),
    /// Show what a program did last, out of its core dump, or while it runs.
    Core(Box<crate::core::Args>),
    /// Write a script for another tracer.
    Script(crate::script::Args),
    /// Say what stands in the way of tracing here, or in a binary.
    Doctor(crate::doctor::Args),
    /// Ask a running Node process what it is doing.
    Node(crate::node::Args),
    /// Print a script that completes the words of this command in a shell.
    Completions(crate::shell::Completions),
    /// Print the manual, or write it into a directory.
    Man(crate::shell::Man),
}
