//! tplist of bcc: which probes it lists. It can't attach.

use std::path::Path;

use anyhow::Result;

use crate::tool;
use crate::tools::Tools;

/// The program, as Debian calls it.
const PROGRAM: &str = "tplist-bpfcc";

/// The probes of the file `path`, as `provider:probe`.
///
/// # Errors
///
/// If tplist fails.
pub fn list(tools: &Tools, path: &Path) -> Result<Vec<String>> {
    Ok(rows(&tool::stdout_of(tools.command(PROGRAM).arg("-l").arg(path))?, path))
}

/// The probes that the process `pid` has in the file `path`.
///
/// # Errors
///
/// If tplist fails.
pub fn list_pid(tools: &Tools, pid: u32, path: &Path) -> Result<Vec<String>> {
    Ok(rows(&tool::stdout_of(tools.command(PROGRAM).args(["-p", &pid.to_string()]))?, path))
}

/// The probes of lines `FILE provider:probe`; a file of a process has the process' root before its path.
fn rows(text: &str, path: &Path) -> Vec<String> {
    let path = path.to_string_lossy();
    let pairs = text.lines().filter_map(|line| line.rsplit_once(' '));
    pairs.filter(|(file, _)| file.ends_with(&*path)).map(|(_, probe)| probe.to_owned()).collect()
}
