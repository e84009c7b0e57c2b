//! DTrace for Linux, which is in the toolbox: which probes of a process it lists, and what it prints at them.
//!
//! DTrace finds the probes of a process that it is started for; it names their provider with the number of the process, and
//! here a provider is written without it. Without a process it is asked for the provider in any process.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::target::Target;
use crate::tool::{self, lines_of, wait};
use crate::tools::Tools;

/// What the script prints when all of its probes are enabled.
const READY: &str = "testkit: attached";
/// How long that may take: DTrace reads the types of the whole kernel first.
const ATTACH: Duration = Duration::from_secs(60);
/// Before it is stopped. It looks for what was printed each [`SWITCH`].
const QUIET: Duration = Duration::from_millis(500);
const QUIET_AT_LAST: Duration = Duration::from_secs(5);
const SWITCH: &str = "switchrate=20ms";
/// How long it may take to let go.
const GIVE_UP: Duration = Duration::from_secs(20);

/// Starts DTrace in the root, all of whose mounts end with it.
///
/// Its library of translators is a copy without `io.d`, which doesn't fit every kernel and is compiled for every script; and
/// it looks for the kernel's tracing files in debugfs alone.
const START: &str = r#"set -e
mount -t tmpfs tmpfs /mnt
cp -r /usr/lib/*/dtrace /mnt/
rm -f /mnt/dtrace/*/io.d
debug=/sys/kernel/debug
if ! [ -e $debug/tracing/uprobe_events ]; then
    mount -t tmpfs tmpfs $debug
    mkdir $debug/tracing
    mount --rbind /sys/kernel/tracing $debug/tracing
fi
exec dtrace -x syslibdir=/mnt/dtrace "$@"
"#;

/// DTrace, and what it watches.
#[derive(Debug, Clone, Copy)]
pub struct DTrace<'a> {
    /// Where it is: in the toolbox.
    pub tools: &'a Tools,
    /// Whom it watches.
    pub target: Target<'a>,
}

impl DTrace<'_> {
    /// The probes of a provider of the process, as `provider:probe`.
    ///
    /// # Errors
    ///
    /// If DTrace fails, as it does if there are none, or is not that of the toolbox.
    pub fn list(self, provider: &str) -> Result<Vec<String>> {
        let text = tool::stdout_of(self.command()?.args(self.list_words(provider)))?;
        let row = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let number = words.get(1)?.strip_prefix(provider)?;
            number.parse::<u32>().is_ok().then(|| format!("{provider}:{}", words[words.len() - 1]))
        };
        Ok(text.lines().filter_map(row).collect())
    }

    /// Enables the probes `provider:probe` with their actions, does `run`, and gives the lines that the actions printed
    /// together with what `run` gave.
    ///
    /// # Errors
    ///
    /// If DTrace doesn't attach, complains, or doesn't end.
    pub fn observe<R>(
        self,
        probes: &[(String, String)],
        run: impl FnOnce() -> R,
    ) -> Result<(Vec<String>, R)> {
        let mut command = self.command()?;
        command.args(["-q", "-x", SWITCH, "-n", &format!("BEGIN {{ printf(\"{READY}\\n\"); }}")]);
        command.args(self.clauses(probes)?);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Running(command.spawn().with_context(|| tool::hint(&command))?);
        let stdout = lines_of(child.0.stdout.take().context("the output is piped")?);
        let stderr = lines_of(child.0.stderr.take().context("the output is piped")?);
        if !is_ready(&stdout) {
            drop(child);
            bail!("DTrace has not attached: {}", stderr.iter().collect::<Vec<_>>().join("\n"));
        }
        let result = run();
        if let Target::Command(_) = self.target {
            // It ends with its program; if that goes on, it is interrupted.
            wait(&mut child.0, GIVE_UP)?;
        }
        let mut lines = Vec::new();
        let start = Instant::now();
        while start.elapsed() < QUIET_AT_LAST
            && let Ok(line) = stdout.recv_timeout(QUIET)
        {
            lines.push(line);
        }
        let status = child.interrupt()?;
        lines.extend(stdout.iter());
        let complaints: Vec<String> = stderr.iter().collect();
        ensure!(status && complaints.is_empty(), "DTrace said {}", complaints.join("\n"));
        // It ends its output with an empty line.
        lines.retain(|line| !line.is_empty());
        Ok((lines, result))
    }

    /// `dtrace -qs FILE`, not yet started: it runs a script.
    ///
    /// # Errors
    ///
    /// If DTrace is not that of the toolbox.
    pub fn script(self, file: &Path) -> Result<Command> {
        let mut command = self.command()?;
        command.arg("-qs").arg(file);
        Ok(command)
    }

    /// The words that a person types after `dtrace` for the same: without what makes the output easy to parse.
    ///
    /// # Errors
    ///
    /// If a probe is not written `provider:name`.
    pub fn typed(self, probes: &[(String, String)]) -> Result<Vec<String>> {
        Ok(self.clauses(probes)?.into_iter().chain(self.words()).collect())
    }

    /// The words that a person types after `dtrace` to list the probes of a provider.
    #[must_use]
    pub fn typed_list(self, provider: &str) -> Vec<String> {
        self.list_words(provider).into_iter().chain(self.words()).collect()
    }

    fn list_words(self, provider: &str) -> [String; 3] {
        ["-l".to_owned(), "-n".to_owned(), self.described(provider, "")]
    }

    fn clauses(self, probes: &[(String, String)]) -> Result<Vec<String>> {
        let mut words = Vec::new();
        for (probe, action) in probes {
            let (provider, name) = probe.split_once(':').context("a probe is written provider:name")?;
            words.extend(["-n".to_owned(), format!("{} {{ {action} }}", self.described(provider, name))]);
        }
        Ok(words)
    }

    /// A probe (or, without a name, all of them) in DTrace's words.
    fn described(self, provider: &str, name: &str) -> String {
        let process = if let Target::File = self.target { "*" } else { "$target" };
        format!("{provider}{process}:::{name}")
    }

    fn words(self) -> Vec<String> {
        match self.target {
            Target::File => Vec::new(),
            Target::Process(pid) => vec!["-p".to_owned(), pid.to_string()],
            Target::Command(launch) => vec!["-c".to_owned(), launch.line()],
        }
    }

    fn command(self) -> Result<Command> {
        // On the machine the mounts would stay.
        ensure!(matches!(self.tools, Tools::Toolbox(..)), "DTrace is started in the toolbox only");
        let mut command = self.tools.command("sh");
        command.args(["-c", START, "dtrace"]).args(self.words());
        if let Target::Command(launch) = self.target {
            command.envs(launch.env.iter().map(|(name, value)| (name, value)));
        }
        Ok(command)
    }
}

fn is_ready(stdout: &Receiver<String>) -> bool {
    let start = Instant::now();
    while let Ok(line) = stdout.recv_timeout(ATTACH.saturating_sub(start.elapsed())) {
        if line == READY {
            return true;
        }
    }
    false
}

/// Killed on drop.
struct Running(Child);

impl Running {
    /// Asks it to end, unless it has; true if it ended well.
    fn interrupt(&mut self) -> Result<bool> {
        if let Some(status) = self.0.try_wait()? {
            return Ok(status.success());
        }
        let pid =
            i32::try_from(self.0.id()).ok().and_then(Pid::from_raw).context("a process has a number")?;
        kill_process(pid, Signal::INT)?;
        Ok(wait(&mut self.0, GIVE_UP)?.context("DTrace doesn't end on SIGINT")?.success())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
