//! Running somebody else's program to its end.

use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// What `command` wrote to its standard output, as text; an error if it can't start or fails.
pub(crate) fn stdout_of(command: &mut Command) -> Result<String> {
    let output = output_of(command)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("{command:?}: {}\n{}{said}", output.status, String::from_utf8_lossy(&output.stdout));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Everything about one run of `command`, in English whatever the language of the machine.
pub(crate) fn output_of(command: &mut Command) -> Result<Output> {
    command.env("LC_ALL", "C.UTF-8");
    command.output().with_context(|| {
        let name = command.get_program().to_string_lossy().into_owned();
        format!("cannot start {name}: `cargo xtask setup tracing` installs it")
    })
}

/// A hexadecimal number with its `0x`.
pub(crate) fn hex(text: &str) -> Result<u64> {
    let digits = text.strip_prefix("0x").with_context(|| format!("{text:?} is no hexadecimal number"))?;
    u64::from_str_radix(digits, 16).with_context(|| format!("{text:?} is no hexadecimal number"))
}
