//! gdb: which probes it lists, and what it reads at them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::NamedTempFile;

use crate::target::Target;
use crate::tool::{self, lines_of, wait};
use crate::tools::Tools;

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
/// What is written when all breakpoints are there, and when gdb reads what is typed.
const READY: &str = "testkit: attached";
const OVER: &str = "testkit: over";
/// What it writes before it reads.
const PROMPT: &str = "(gdb) ";
/// It asks for nothing, and stops for nothing but breakpoints.
const QUIET: &str = "set width 0\nset height 0\nset confirm off\nset startup-with-shell off\nhandle SIGTERM nostop noprint pass\n";
/// Before the values of one hit.
const HIT: &str = "<<gdb-hit>>";
/// Values as C has them, and all of each.
const SETTINGS: &str = "set language c\nset print elements 0\nset max-value-size unlimited\n";
/// How long attaching may take, and ending.
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

/// The probes that gdb finds in the process `pid`, with these files that its dynamic loader doesn't know and their addresses.
///
/// # Errors
///
/// If gdb fails, or writes something that isn't understood here.
pub fn info_probes_stap_of(tools: &Tools, pid: u32, objects: &[(PathBuf, u64)]) -> Result<Vec<GdbProbe>> {
    let script = NamedTempFile::new()?;
    std::fs::write(&script, add_symbol_files(objects) + "info probes stap\n")?;
    let text = tool::stdout_of(gdb(tools).args(["-p", &pid.to_string(), "-x"]).arg(script.path()))?;
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
        bail!("gdb says {row:?} where a probe is expected");
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
        "{SETTINGS}set $hits = 0\nbreak -probe-stap {probe}\ncommands\nsilent\necho \\n{HIT}\\n\n{prints}\
         set $hits = $hits + 1\nif $hits < {HITS}\ncontinue\nelse\nkill\nend\nend\nrun\n"
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

/// The words that a person types after `gdb`.
#[must_use]
pub fn words(target: Target<'_>, files: &[&Path]) -> Vec<String> {
    match target {
        Target::File => files.iter().map(|file| file.display().to_string()).collect(),
        Target::Process(pid) => vec!["-p".to_owned(), pid.to_string()],
        Target::Command(launch) => {
            let program = ["--args".to_owned(), launch.program.display().to_string()];
            program.into_iter().chain(launch.arguments.iter().cloned()).collect()
        }
    }
}

/// The commands that make files known which a process has mapped without its dynamic loader, and the address of each.
#[must_use]
pub fn add_symbol_files(objects: &[(PathBuf, u64)]) -> String {
    let line =
        |(path, address): &(PathBuf, u64)| format!("add-symbol-file {} -o {address:#x}\n", path.display());
    objects.iter().map(line).collect()
}

/// gdb that a person might sit at: it reads commands while a program runs in it. Killed on drop.
///
/// As a batch it would forget the commands of a breakpoint that another thread hits right after the first one.
#[derive(Debug)]
pub struct Interactive {
    child: Child,
    stdin: ChildStdin,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    heard: Vec<String>,
    interrupts: bool,
    _script: NamedTempFile,
}

impl Interactive {
    /// Starts it, has it obey all lines of `script` and then the last one, which lets the program run.
    ///
    /// # Errors
    ///
    /// If a command before the last one fails.
    pub fn start(tools: &Tools, target: Target<'_>, files: &[&Path], script: &str) -> Result<Self> {
        let (setup, last) = script.trim_end().rsplit_once('\n').context("a script has several lines")?;
        let file = NamedTempFile::new()?;
        std::fs::write(&file, format!("{SETTINGS}{QUIET}{setup}\necho {READY}\\n\n"))?;
        let mut command = tools.command("gdb");
        command.args(["-q", "-nx", "-iex", "set debuginfod enabled off", "-x"]).arg(file.path());
        command.args(words(target, files));
        if let Target::Command(launch) = target {
            command.envs(launch.env.iter().map(|(name, value)| (name, value)));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| tool::hint(&command))?;
        let stdin = child.stdin.take().context("the input is piped")?;
        let stdout = lines_of(child.stdout.take().context("the output is piped")?);
        let stderr = lines_of(child.stderr.take().context("the output is piped")?);
        let interrupts = matches!(target, Target::Process(_));
        let mut gdb = Self { child, stdin, stdout, stderr, heard: Vec::new(), interrupts, _script: file };
        // It comes to this whatever became of the script.
        gdb.type_in(&format!("echo {OVER}\\n"))?;
        gdb.wait_until_ready()?;
        gdb.type_in(last)?;
        Ok(gdb)
    }

    fn type_in(&mut self, line: &str) -> Result<()> {
        writeln!(self.stdin, "{line}").context("gdb reads no more")
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        let mut ready = false;
        while let Ok(line) = self.stdout.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
            ready |= line.ends_with(READY);
            if line.ends_with(OVER) {
                break;
            }
            self.heard.push(line);
        }
        if !ready {
            // Both fail only if it has ended already.
            let _ = self.child.kill();
            let _ = self.child.wait();
            let complaints: Vec<_> = self.stderr.iter().collect();
            bail!("gdb is not ready: {}\n{}", self.heard.join("\n"), complaints.join("\n"));
        }
        Ok(())
    }

    /// Lets a process go, or waits until the program that gdb started ends, and gives all that was written.
    ///
    /// # Errors
    ///
    /// If gdb doesn't end.
    pub fn finish(mut self) -> Result<String> {
        if self.interrupts {
            let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
            // It stops the process. If that has ended, so may gdb have.
            let _ = kill_process(pid.context("a process has a number")?, Signal::INT);
            self.type_in("detach")?;
        }
        self.type_in("quit")?;
        wait(&mut self.child, PATIENCE)?.context("gdb doesn't end")?;
        self.heard.extend(self.stdout.iter());
        let lines = self.heard.iter().map(|line| line.trim_start_matches(PROMPT));
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }
}

impl Drop for Interactive {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
