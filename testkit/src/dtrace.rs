//! DTrace for Linux, which is in the toolbox: which probes of a process it lists, and what it prints at them.
//!
//! DTrace finds the probes of a process whose provider is named with the process: here it is always started for one
//! process, and a provider is written without the number.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::tool::{self, lines_of, wait};
use crate::tools::Tools;

/// What the script prints when all of its probes are enabled.
const READY: &str = "testkit: attached";
/// How long that may take: DTrace reads the types of the whole kernel first.
const ATTACH: Duration = Duration::from_secs(60);
/// Before it is stopped. It looks for what was printed each [`SWITCH`].
const QUIET: Duration = Duration::from_millis(500);
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

/// DTrace for one process.
#[derive(Debug, Clone, Copy)]
pub struct DTrace<'a> {
    /// Where it is: in the toolbox.
    pub tools: &'a Tools,
    /// The process.
    pub pid: u32,
}

impl DTrace<'_> {
    /// The probes of a provider of the process, as `provider:probe`.
    ///
    /// # Errors
    ///
    /// If DTrace fails, as it does if there are none, or is not that of the toolbox.
    pub fn list(self, provider: &str) -> Result<Vec<String>> {
        let text = tool::stdout_of(self.command()?.args(["-l", "-n", &format!("{provider}$target:::")]))?;
        let numbered = format!("{provider}{}", self.pid);
        let row = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (words.get(1) == Some(&&*numbered)).then(|| format!("{provider}:{}", words[words.len() - 1]))
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
        for (probe, action) in probes {
            let (provider, name) = probe.split_once(':').context("a probe is written provider:name")?;
            command.args(["-n", &format!("{provider}$target:::{name} {{ {action} }}")]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Running(command.spawn().with_context(|| tool::hint(&command))?);
        let stdout = lines_of(child.0.stdout.take().context("the output is piped")?);
        let stderr = lines_of(child.0.stderr.take().context("the output is piped")?);
        if !is_ready(&stdout) {
            drop(child);
            bail!("DTrace has not attached: {}", stderr.iter().collect::<Vec<_>>().join("\n"));
        }
        let result = run();
        let mut lines = Vec::new();
        while let Ok(line) = stdout.recv_timeout(QUIET) {
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

    fn command(self) -> Result<Command> {
        // On the machine the mounts would stay.
        ensure!(matches!(self.tools, Tools::Toolbox(..)), "DTrace is started in the toolbox only");
        let mut command = self.tools.command("sh");
        command.args(["-c", START, "dtrace", "-p", &self.pid.to_string()]);
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
    /// Asks it to end; true if it ended well.
    fn interrupt(&mut self) -> Result<bool> {
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
