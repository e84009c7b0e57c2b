//! Long work, one line a step: what runs, how long it took, and the end of its output if it failed.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// How much of a failed command's output is worth showing.
const LINES_SHOWN: usize = 30;

/// Runs `command` to its end under the line `what … 1.2 s`; its output is shown only if it fails.
pub(crate) fn run(what: &str, command: &mut Command) -> Result<String> {
    print!("  {what} … ");
    std::io::stdout().flush()?;
    let start = Instant::now();
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    println!("{:.1} s", start.elapsed().as_secs_f64());
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let said = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
        bail!("{what}: {}\n{command:?} said:\n{}", output.status, tail(&said));
    }
    Ok(stdout)
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES_SHOWN)..].iter().fold(String::new(), |mut shown, line| {
        let _ = writeln!(shown, "    {line}");
        shown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_says_what_the_command_said() {
        let error =
            run("a step that fails", Command::new("sh").args(["-c", "echo broken pipe fitting; exit 3"]))
                .expect_err("the command exits with 3")
                .to_string();
        assert!(error.contains("exit status: 3") && error.contains("broken pipe fitting"), "{error}");
    }

    #[test]
    fn only_the_end_of_a_long_output_is_shown() {
        let long: String = (0..100).map(|n| format!("line {n}\n")).collect();
        assert_eq!(tail(&long).lines().count(), LINES_SHOWN);
        assert!(tail(&long).ends_with("line 99\n"));
    }
}
