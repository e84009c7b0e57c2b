//! gdb: which probes it lists, and what it reads at them.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::tool;

/// A row of `info probes stap`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GdbProbe {
    /// The provider.
    pub provider: String,
    /// The probe.
    pub name: String,
    /// The address of the site.
    pub location: u64,
    /// The address of the semaphore, if it has one.
    pub semaphore: Option<u64>,
    /// The file that holds the probe.
    pub object: String,
}

/// What to read at a breakpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show<'a> {
    /// The value of an expression as gdb prints it, e.g. of `$_probe_arg0` or `$_probe_argc`.
    Value(&'a str),
    /// The NUL-terminated string that an expression points at, whole, however long.
    Text(&'a str),
}

/// At most so many hits are shown, so that a loop ends.
const HITS: usize = 1000;

/// Brackets around one shown value: a string may hold line ends, and the program writes to the same place.
const OPEN: &str = "<<gdb-value:";
const CLOSE: &str = ":gdb-value>>";
/// Before the values of one hit.
const HIT: &str = "<<gdb-hit>>";

/// The probes that gdb finds in the file `path`, without running it.
///
/// # Errors
///
/// If gdb fails, or writes something that isn't understood here.
pub fn info_probes_stap(path: &Path) -> Result<Vec<GdbProbe>> {
    let text = tool::stdout_of(gdb().args(["-ex", "info probes stap"]).arg(path))?;
    text.lines().filter(|line| line.starts_with("stap ")).map(parse_row).collect()
}

/// Runs `path` with `arguments` under gdb and says what each of the expressions in `shown` was whenever the probe
/// `provider:name` was hit.
///
/// # Errors
///
/// If gdb fails, doesn't find the probe or can't evaluate an expression.
pub fn break_and_print(
    path: &Path,
    probe: &str,
    shown: &[Show<'_>],
    arguments: &[&str],
) -> Result<Vec<Vec<String>>> {
    let script = tempfile::NamedTempFile::new()?;
    std::fs::write(&script, breakpoint_script(probe, shown))?;
    let output = tool::output_of(gdb().arg("-x").arg(script.path()).arg("--args").arg(path).args(arguments))?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let hits: Vec<Vec<String>> = stdout.split(HIT).skip(1).map(values).collect();
    let complete = hits.iter().all(|hit| hit.len() == shown.len());
    ensure!(complete && output.status.success(), "gdb at {probe}: {}\n{stdout}{stderr}", output.status);
    Ok(hits)
}

fn gdb() -> Command {
    let mut command = Command::new("gdb");
    command.args(["-batch", "-nx", "-ex", "set debuginfod enabled off", "-ex", "set width 0"]);
    command
}

fn parse_row(row: &str) -> Result<GdbProbe> {
    let [_, provider, name, location, rest @ ..] = &row.split_whitespace().collect::<Vec<_>>()[..] else {
        anyhow::bail!("gdb says {row:?} where a probe is expected");
    };
    let (semaphore, object) = match rest {
        [semaphore, object @ ..] if semaphore.starts_with("0x") => (Some(tool::hex(semaphore)?), object),
        object => (None, object),
    };
    Ok(GdbProbe {
        provider: (*provider).to_owned(),
        name: (*name).to_owned(),
        location: tool::hex(location)?,
        semaphore,
        object: object.join(" "),
    })
}

fn breakpoint_script(probe: &str, shown: &[Show<'_>]) -> String {
    let mut prints = String::new();
    for show in shown {
        // `output` and `printf` print the value alone, without `$1 = `.
        let print = match show {
            Show::Value(expression) => format!("output {expression}"),
            Show::Text(expression) => format!("printf \"%s\", (char *)({expression})"),
        };
        let _ = writeln!(prints, "echo {OPEN}\n{print}\necho {CLOSE}");
    }
    format!(
        "set language c\nset print elements 0\nset max-value-size unlimited\nset $hits = 0\nbreak -probe-stap {probe}\n\
         commands\nsilent\necho \\n{HIT}\n{prints}set $hits = $hits + 1\n\
         if $hits < {HITS}\ncontinue\nelse\nkill\nend\nend\nrun\n"
    )
}

fn values(hit: &str) -> Vec<String> {
    let opened = hit.split(OPEN).skip(1);
    opened.filter_map(|text| text.split_once(CLOSE)).map(|(value, _)| value.to_owned()).collect()
}

/// The probe `provider:name` among what [`info_probes_stap`] found.
///
/// # Errors
///
/// If it is not there, or more than once.
pub fn only<'a>(probes: &'a [GdbProbe], probe: &str) -> Result<&'a GdbProbe> {
    let (provider, name) = probe.split_once(':').context("a probe is written provider:name")?;
    let found: Vec<_> = probes.iter().filter(|row| row.provider == provider && row.name == name).collect();
    ensure!(found.len() == 1, "expected one {probe}, gdb said {found:#?} among {probes:#?}");
    Ok(found[0])
}
