//! A program with probes: how it is started, made to fire, and ended, by us or by a tracer.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use testkit::subject::Subject;
use testkit::target::Launch;

/// How many requests a service gets, and how many rounds a loop does that a tracer starts.
pub(super) const TIMES: usize = 3;
/// How long a service that a tracer starts may take until it listens.
const PATIENCE: Duration = Duration::from_secs(30);
/// A variable that tells what a tracer starts from everything else that runs.
const MARK: &str = "USDT_TRACERS_STARTED";

/// How a program is made to fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fires {
    /// All the time, or as many rounds as its argument says.
    Rounds,
    /// Once a request over HTTP.
    Requests,
}

/// A program, not running.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) file: PathBuf,
    /// Before those of its port.
    pub(super) arguments: Vec<String>,
    pub(super) env: Vec<(String, String)>,
    pub(super) fires: Fires,
    /// What comes before the port among the arguments; otherwise it is in the variable `PORT`.
    pub(super) port_after: Option<&'static str>,
}

/// A program, running; killed on drop.
pub(super) struct Running {
    subject: Subject,
    port: u16,
    fires: Fires,
}

impl Program {
    /// Starts it, and waits until it is there.
    pub(super) fn start(&self) -> Result<Running> {
        let port = free_port()?;
        let launch = self.launch_on(port);
        let mut command = Command::new(&launch.program);
        command.args(&launch.arguments).envs(launch.env.iter().map(|(name, value)| (name, value)));
        let mut subject = Subject::spawn(&mut command)?;
        subject.line()?;
        Ok(Running { subject, port, fires: self.fires })
    }

    /// What a tracer is to start, and the port where it will listen.
    pub(super) fn launch(&self) -> Result<(Launch, u16)> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let port = free_port()?;
        let mut launch = self.launch_on(port);
        if self.fires == Fires::Rounds {
            launch.arguments.push(TIMES.to_string());
        }
        let mark = format!("{}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        launch.env.push((MARK.to_owned(), mark));
        Ok((launch, port))
    }

    /// Makes what a tracer has started fire, and ends it if it doesn't end alone.
    pub(super) fn drive(&self, launch: &Launch, port: u16) -> Result<()> {
        if self.fires == Fires::Requests {
            request(port, TIMES)?;
            terminate(launch)?;
        }
        Ok(())
    }

    fn launch_on(&self, port: u16) -> Launch {
        let (mut arguments, mut env) = (self.arguments.clone(), self.env.clone());
        match self.port_after {
            Some(option) => arguments.extend([option.to_owned(), format!("127.0.0.1:{port}")]),
            None => env.push(("PORT".to_owned(), port.to_string())),
        }
        if self.fires == Fires::Rounds {
            arguments.clone_from(&self.arguments);
        }
        Launch { program: self.file.clone(), arguments, env }
    }
}

impl Running {
    pub(super) fn pid(&self) -> u32 {
        self.subject.pid()
    }

    /// Makes it fire; one that fires by itself is given `span` for it.
    pub(super) fn fire(&self, span: Duration) -> Result<()> {
        match self.fires {
            Fires::Rounds => sleep(span),
            Fires::Requests => request(self.port, TIMES)?,
        }
        Ok(())
    }
}

/// A port that nobody listens on.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Sends so many requests, one connection each, as soon as somebody listens.
fn request(port: u16, times: usize) -> Result<()> {
    for _ in 0..times {
        let mut stream = connect(port)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /orders/tea HTTP/1.1\r\nHost: tracers\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
    }
    Ok(())
}

fn connect(port: u16) -> Result<TcpStream> {
    let start = Instant::now();
    loop {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Ok(stream) => return Ok(stream),
            Err(error) if start.elapsed() > PATIENCE => bail!("nobody listens on {port}: {error}"),
            Err(_) => sleep(Duration::from_millis(20)),
        }
    }
}

/// Asks the process that a tracer made of `launch` to end.
fn terminate(launch: &Launch) -> Result<()> {
    let (_, mark) = launch.env.last().context("a launch is marked")?;
    let marked = format!("{MARK}={mark}");
    for entry in fs::read_dir("/proc")? {
        let path = entry?.path();
        let Some(pid) = path.file_name().and_then(|name| name.to_str()?.parse().ok()) else { continue };
        if is(&path, launch, &marked) {
            return Ok(kill_process(Pid::from_raw(pid).context("a process has a number")?, Signal::TERM)?);
        }
    }
    bail!("the program that the tracer started is not there")
}

/// Whether the process of the directory `path` in /proc runs the program, with the mark in its environment.
fn is(path: &Path, launch: &Launch, marked: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let bytes = fs::read(path.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).split('\0').map(str::to_owned).collect()
    };
    words("cmdline").first().is_some_and(|first| Path::new(first) == launch.program)
        && words("environ").iter().any(|variable| variable == marked)
}
