//! Running somebody else's program, and listening to it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Output};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

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
    command.output().with_context(|| hint(command))
}

/// Why `command` may not have started.
pub(crate) fn hint(command: &Command) -> String {
    let name = command.get_program().to_string_lossy();
    format!("cannot start {name}: `cargo xtask setup tracing` installs what the tests need")
}

/// Sends each line of `output` as soon as it is complete.
pub(crate) fn lines_of(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(|line| line.ok()) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Waits for the end of `child`, at most for `patience`.
pub(crate) fn wait(child: &mut Child, patience: Duration) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= patience {
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// A hexadecimal number with its `0x`.
pub(crate) fn hex(text: &str) -> Result<u64> {
    let digits = text.strip_prefix("0x").with_context(|| format!("{text:?} is no hexadecimal number"))?;
    u64::from_str_radix(digits, 16).with_context(|| format!("{text:?} is no hexadecimal number"))
}
