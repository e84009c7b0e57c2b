//! gdb: which probes it lists, and what it reads at them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tempfile::NamedTempFile;

use crate::tool::{self, lines_of, wait};
use crate::tools::{Hit, Tools};

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
/// Values as C has them, and all of each.
const SETTINGS: &str = "set language c\nset print elements 0\nset max-value-size unlimited\n";
/// How long attaching may take, and ending after the process.
const PATIENCE: Duration = Duration::from_secs(30);

/// The probes that gdb finds in the file `path`, without running it.
///
/// # Errors
///
/// If gdb fails, or writes something that isn't understood here.
pub fn info_probes_stap(path: &Path) -> Result<Vec<GdbProbe>> {
    info_probes_stap_with(&Tools::Machine, path)
}

/// The same, by another gdb.
///
/// # Errors
///
/// If gdb fails, or writes something that isn't understood here.
pub fn info_probes_stap_with(tools: &Tools, path: &Path) -> Result<Vec<GdbProbe>> {
    let text = tool::stdout_of(gdb(tools).args(["-ex", "info probes stap"]).arg(path))?;
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
    let script = NamedTempFile::new()?;
    std::fs::write(&script, breakpoint_script(probe, shown))?;
    let output = tool::output_of(
        gdb(&Tools::Machine).arg("-x").arg(script.path()).arg("--args").arg(path).args(arguments),
    )?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let hits: Vec<Vec<String>> = stdout.split(HIT).skip(1).map(values).collect();
    let complete = hits.iter().all(|hit| hit.len() == shown.len());
    ensure!(complete && output.status.success(), "gdb at {probe}: {}\n{stdout}{stderr}", output.status);
    Ok(hits)
}

fn gdb(tools: &Tools) -> Command {
    let mut command = tools.command("gdb");
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
    format!("{SETTINGS}set $hits = 0\n{}run\n", breakpoint(probe, shown, &bounded()))
}

/// What to do at a probe, and then.
fn breakpoint(probe: &str, shown: &[Show<'_>], then: &str) -> String {
    let mut prints = String::new();
    for show in shown {
        // `output` and `printf` print the value alone, without `$1 = `.
        let print = match show {
            Show::Value(expression) => format!("output {expression}"),
            Show::Text(expression) => format!("printf \"%s\", (char *)({expression})"),
        };
        let _ = writeln!(prints, "echo {OPEN}\n{print}\necho {CLOSE}");
    }
    format!("break -probe-stap {probe}\ncommands\nsilent\necho \\n{HIT}{probe}\\n\n{prints}{then}end\n")
}

fn bounded() -> String {
    format!("set $hits = $hits + 1\nif $hits < {HITS}\ncontinue\nelse\nkill\nend\n")
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

/// gdb attached to a process, which it lets run; killed on drop.
#[derive(Debug)]
pub struct Attached {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    _script: NamedTempFile,
}

impl Attached {
    /// Attaches to the process `pid` and waits until gdb holds it. The process goes on as soon as all breakpoints are set.
    ///
    /// The probes are `provider:name`, each with what to show. `objects` are files that the process has mapped without
    /// its dynamic loader, and the address of each: gdb doesn't find them alone.
    ///
    /// # Errors
    ///
    /// If gdb doesn't attach.
    pub fn start(
        tools: &Tools,
        pid: u32,
        objects: &[(PathBuf, u64)],
        probes: &[(String, Vec<Show<'_>>)],
    ) -> Result<Self> {
        let mut text = SETTINGS.to_owned();
        for (path, address) in objects {
            let _ = writeln!(text, "add-symbol-file {} -o {address:#x}", path.display());
        }
        for (probe, shown) in probes {
            text.push_str(&breakpoint(probe, shown, "continue\n"));
        }
        text.push_str("continue\n");
        let script = NamedTempFile::new()?;
        std::fs::write(&script, text)?;
        let mut command = gdb(tools);
        command.args(["-p", &pid.to_string(), "-x"]).arg(script.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| tool::hint(&command))?;
        let stdout = lines_of(child.stdout.take().context("the output is piped")?);
        let stderr = lines_of(child.stderr.take().context("the output is piped")?);
        let attached = Self { child, stdout, stderr, _script: script };
        let start = Instant::now();
        while !is_traced(pid)? {
            ensure!(start.elapsed() < PATIENCE, "gdb has not attached for {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(attached)
    }

    /// Waits until gdb ends, as it does after the process, and gives all hits.
    ///
    /// # Errors
    ///
    /// If gdb doesn't end, or fails.
    pub fn finish(mut self) -> Result<Vec<Hit>> {
        let status = wait(&mut self.child, PATIENCE)?.context("gdb doesn't end after the process")?;
        let (stdout, stderr): (Vec<_>, Vec<_>) = (self.stdout.iter().collect(), self.stderr.iter().collect());
        let (stdout, stderr) = (stdout.join("\n"), stderr.join("\n"));
        ensure!(status.success(), "gdb: {status}\n{stdout}{stderr}");
        let hit = |text: &str| Hit {
            probe: text.lines().next().unwrap_or_default().to_owned(),
            values: values(text),
        };
        Ok(stdout.split(HIT).skip(1).map(hit).collect())
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_traced(pid: u32) -> Result<bool> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    Ok(tracer.is_some_and(|tracer| tracer.trim() != "0"))
}
