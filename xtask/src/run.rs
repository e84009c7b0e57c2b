//! Running one command after another, each announced, the first failure being the end.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

/// Runs a cargo command in the workspace: its words, separated by blanks.
pub(crate) fn cargo(words: &str) -> Result<()> {
    cargo_with(words, &[])
}

/// Runs a cargo command with these variables set.
pub(crate) fn cargo_with(words: &str, variables: &[(&str, &str)]) -> Result<()> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(words.split_whitespace()).envs(variables.iter().copied());
    let shown: String = variables.iter().map(|(name, value)| format!("{name}={value:?} ")).collect();
    run(&mut command, &format!("{shown}cargo {words}"))
}

/// Runs `command` in the workspace, announced as `shown`.
pub(crate) fn run(command: &mut Command, shown: &str) -> Result<()> {
    println!("\n==> {shown}");
    let start = Instant::now();
    let status = command.current_dir(testkit::build::workspace()).status();
    let status = status.with_context(|| format!("can't start {shown}"))?;
    ensure!(status.success(), "{shown}: {status}");
    println!("    {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}
