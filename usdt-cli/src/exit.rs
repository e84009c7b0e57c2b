//! How the command ends: what it says on standard error, and its exit code.

use std::io::{Error, ErrorKind};
use std::process::ExitCode;

use crate::printable::printable;

/// What a shell shows of a program that was killed by SIGPIPE.
const NOBODY_READS: u8 = 128 + 13;

/// 0, or what a command says; an error is one line and 1. Misuse is clap's: 2.
pub(crate) fn code(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        // `usdt … | head` has what it wanted.
        if error.chain().any(is_broken_pipe) {
            return NOBODY_READS.into();
        }
        // It may hold names from somebody's file.
        let text = format!("{error:#}");
        let lines: Vec<_> = text.lines().map(printable).collect();
        anstream::eprintln!("usdt: {}", lines.join("\n"));
        ExitCode::FAILURE
    })
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
